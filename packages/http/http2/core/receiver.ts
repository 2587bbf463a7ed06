import type { HeaderList } from '../../exchange.ts'
import { type MemoryAccount, memoryShares } from '../../memory/account.ts'
import { ConnectionError } from '../frames/errors.ts'
import { HeaderBlock } from '../frames/header-block.ts'
import { FrameReader, type FrameSink } from '../frames/reader.ts'
import { errorCode, frameFlag, frameType, readUint31 } from '../frames/wire.ts'
import { HpackDecoder } from '../hpack/decoder.ts'
import type { Http2Limits } from '../limits.ts'
import type { Http2Context } from './context.ts'
import {
  type ControlOwner,
  type ControlSink,
  onGoaway,
  onPing,
  onPriority,
  onResetStream,
  onSettings,
  onWindowUpdate,
} from './control-frames.ts'
import type { Http2Stream } from './stream.ts'
import type { ConnectionTimer } from './timer.ts'

const { protocolError, frameSizeError, flowControlError, streamClosed } = errorCode

/** The side of a connection that handles its requests, or responses. */
export interface FrameOwner extends ControlOwner {
  /**
   * Handles a whole header block. With `overflow` it exceeds the limits, and `headers` is
   * incomplete.
   * @param blockBytes Size of the encoded block.
   */
  onHeaders(
    streamId: number,
    headers: HeaderList,
    overflow: boolean,
    endStream: boolean,
    blockBytes: number,
  ): void
}

/** The parts of a connection that received frames change. */
export interface ReceiverSink extends ControlSink {
  readonly owner: FrameOwner
  readonly context: Http2Context
  readonly limits: Http2Limits
  readonly account: MemoryAccount
  readonly timer: ConnectionTimer
  /** Lets the peer send more when a reader waits and the window of the connection is spent. */
  relieve(): void
}

/**
 * Handles the frames that a peer sends (RFC 9113 §6). Throws a `ConnectionError` for an error of
 * the connection (§5.4.1), and resets the stream for an error of a stream (§5.4.2).
 */
export class Receiver implements FrameSink {
  readonly #sink: ReceiverSink
  readonly #reader = new FrameReader(this)
  /** Created for the first header block, because many connections stay idle. */
  #decoder: HpackDecoder | undefined
  /** Incomplete header block. No other frame may come before its end (RFC 9113 §4.3). */
  #block: HeaderBlock | undefined
  /** Start of an incomplete frame of a header block, in milliseconds. */
  #partialSinceMs: number | undefined
  /** Bytes charged to the account for `#block`, and for an incomplete frame. */
  #chargedBytes = 0
  #partialBytes = 0
  #settingsSeen = false
  /** Streams that got DATA in this event-loop turn, and the size of the largest chunk with it. */
  #fed: Http2Stream[] | undefined
  #fedBytesMax = 0

  constructor(sink: ReceiverSink) {
    this.#sink = sink
  }

  get settingsSeen(): boolean {
    return this.#settingsSeen
  }

  /** Start of the incomplete header block, in milliseconds, or `undefined` when there is none. */
  get headersSinceMs(): number | undefined {
    return this.#block?.sinceMs ?? this.#partialSinceMs
  }

  /** Reports that the connection is over. */
  close(): void {
    this.#block = undefined
    this.#releaseBlock()
    this.#chargePartial(0)
  }

  push(chunk: Buffer): void {
    const { frameCount } = this.#reader
    this.#reader.push(chunk)
    this.#chargePartial(this.#reader.partialBytes)
    const partial = this.#reader.partialType
    if (partial === undefined || partial === frameType.data) this.#partialSinceMs = undefined
    else if (this.#partialSinceMs === undefined || this.#reader.frameCount > frameCount) {
      this.#partialSinceMs = this.#sink.timer.nowMs
      this.#sink.timer.checkIn(this.#sink.limits.headersTimeoutMs)
    }
  }

  /** Called after readers that take DATA at once, or waited for it, have run. */
  settle(): void {
    for (const stream of this.#fed ?? []) stream.body.settle(this.#fedBytesMax)
    this.#fed = undefined
    this.#fedBytesMax = 0
  }

  onFrame(
    type: number,
    flags: number,
    streamId: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    if (this.#block !== undefined && type !== frameType.continuation) {
      throw new ConnectionError(protocolError, 'another frame within a header block')
    }
    if (!this.#settingsSeen) this.#checkFirst(type, flags)
    switch (type) {
      case frameType.data:
        return void this.#onData(flags, streamId, bytes, start, end)
      case frameType.headers:
        return void this.#onHeaders(flags, streamId, bytes, start, end)
      case frameType.priority:
        return void onPriority(this.#sink, streamId, bytes, start, end)
      case frameType.resetStream:
        return void onResetStream(this.#sink, streamId, bytes, start, end)
      case frameType.settings:
        return void onSettings(this.#sink, flags, streamId, bytes, start, end)
      case frameType.pushPromise:
        // A client must not send it, and our SETTINGS forbid it to a server (RFC 9113 §8.4).
        throw new ConnectionError(protocolError, 'PUSH_PROMISE is not allowed')
      case frameType.ping:
        return void onPing(this.#sink, flags, streamId, bytes, start, end)
      case frameType.goaway:
        return void onGoaway(this.#sink, streamId, bytes, start, end)
      case frameType.windowUpdate:
        return void onWindowUpdate(this.#sink, streamId, bytes, start, end)
      case frameType.continuation:
        return void this.#onContinuation(flags, streamId, bytes, start, end)
      default:
        // Unknown types are ignored (RFC 9113 §5.5).
        this.#sink.budget.spend(1)
    }
  }

  #checkFirst(type: number, flags: number): void {
    if (type !== frameType.settings || (flags & frameFlag.ack) !== 0) {
      throw new ConnectionError(protocolError, 'the first frame is not SETTINGS')
    }
    this.#settingsSeen = true
  }

  #onData(flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    if (streamId === 0) throw new ConnectionError(protocolError, 'DATA on stream 0')
    const { streams, receiveWindow, budget } = this.#sink
    const frameBytes = end - start
    // Padding counts as well (RFC 9113 §6.9.1).
    receiveWindow.spend(frameBytes)
    let [from, to] = [start, end]
    if ((flags & frameFlag.padded) !== 0) [from, to] = unpad(bytes, start, end)
    const endStream = (flags & frameFlag.endStream) !== 0
    const stream = streams.get(streamId)
    if (stream === undefined) {
      streams.onStray(streamId, streamClosed)
      return void receiveWindow.giveBack(frameBytes)
    }
    if (to > from) budget.earn()
    else if (!endStream) budget.spend(1)
    if (stream.remoteEnded) {
      return void this.#refuseData(streamId, frameBytes, streamClosed, 'DATA after END_STREAM')
    }
    stream.receiveWindow -= frameBytes
    if (stream.receiveWindow < 0) {
      const message = 'DATA beyond the window'
      return void this.#refuseData(streamId, frameBytes, flowControlError, message)
    }
    stream.receivedBytes += to - from
    if (!fits(stream, endStream)) {
      const message = 'DATA does not match content-length'
      return void this.#refuseData(streamId, frameBytes, protocolError, message)
    }
    const unused = stream.discards ? frameBytes : frameBytes - (to - from)
    if (unused > 0) stream.onTaken(unused)
    if (to > from && !stream.discards) {
      stream.body.receive(bytes.subarray(from, to))
      this.#feed(stream, bytes.length)
    }
    this.#sink.relieve()
    if (endStream) streams.endRemote(stream, [])
  }

  #refuseData(streamId: number, frameBytes: number, code: number, message: string): void {
    this.#sink.receiveWindow.giveBack(frameBytes)
    this.#sink.streams.refuse(streamId, code, message)
  }

  #feed(stream: Http2Stream, chunkBytes: number): void {
    if (this.#fed === undefined) {
      this.#fed = [stream]
      this.#sink.context.settleSoon(this)
    } else if (this.#fed.at(-1) !== stream) this.#fed.push(stream)
    this.#fedBytesMax = Math.max(this.#fedBytesMax, chunkBytes)
  }

  #onHeaders(flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    if (streamId === 0) throw new ConnectionError(protocolError, 'HEADERS on stream 0')
    let [from, to] = [start, end]
    if ((flags & frameFlag.padded) !== 0) [from, to] = unpad(bytes, start, end)
    if ((flags & frameFlag.priority) !== 0) {
      if (to - from < 5) throw new ConnectionError(frameSizeError, 'HEADERS too short')
      if (readUint31(bytes, from) === streamId) {
        throw new ConnectionError(protocolError, 'stream depends on itself')
      }
      from += 5
    }
    const endStream = (flags & frameFlag.endStream) !== 0
    const fragment = bytes.subarray(from, to)
    if ((flags & frameFlag.endHeaders) !== 0)
      return void this.#onBlock(streamId, endStream, fragment)
    this.#block = new HeaderBlock(streamId, endStream, fragment, this.#sink.timer.nowMs)
    this.#chargeBlock(fragment.length)
    this.#sink.timer.checkIn(this.#sink.limits.headersTimeoutMs)
  }

  #onContinuation(
    flags: number,
    streamId: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    const block = this.#block
    if (block === undefined || block.streamId !== streamId) {
      throw new ConnectionError(protocolError, 'CONTINUATION without HEADERS')
    }
    if (start === end) this.#sink.budget.spend(1)
    block.add(bytes.subarray(start, end), this.#sink.limits)
    if ((flags & frameFlag.endHeaders) === 0) return void this.#chargeBlock(end - start)
    this.#block = undefined
    this.#releaseBlock()
    this.#onBlock(streamId, block.endStream, block.bytes)
  }

  #chargePartial(bytes: number): void {
    const added = bytes - this.#partialBytes
    if (added > 0) this.#reserve(added)
    else this.#sink.account.release(-added)
    this.#partialBytes = bytes
  }

  #reserve(bytes: number): void {
    if (this.#sink.account.reserve(bytes, memoryShares.stream)) return
    throw new ConnectionError(errorCode.enhanceYourCalm, 'memory is short')
  }

  /** Charges header blocks, because they may never end on many connections (CVE-2024-27316). */
  #chargeBlock(bytes: number): void {
    this.#reserve(2 * bytes)
    this.#chargedBytes += 2 * bytes
  }

  #releaseBlock(): void {
    this.#sink.account.release(this.#chargedBytes)
    this.#chargedBytes = 0
  }

  #onBlock(streamId: number, endStream: boolean, block: Buffer): void {
    const { limits } = this.#sink
    this.#decoder ??= new HpackDecoder({ tableBytesMax: limits.headerTableBytes })
    const { headers, overflow } = this.#decoder.decode(block, {
      listBytesMax: limits.headerListBytesMax,
      listCountMax: limits.headerCountMax,
    })
    this.#sink.owner.onHeaders(streamId, headers, overflow, endStream, block.length)
  }
}

/** Returns the range of a padded frame's content (RFC 9113 §6.1). */
function unpad(bytes: Buffer, start: number, end: number): [from: number, to: number] {
  const to = end - (bytes[start] ?? 0)
  if (start === end || to <= start) throw new ConnectionError(protocolError, 'padding too long')
  return [start + 1, to]
}

/** Returns whether DATA agrees with `content-length` so far (RFC 9113 §8.1.1). */
function fits({ contentLength, receivedBytes }: Http2Stream, endStream: boolean): boolean {
  if (contentLength < 0) return true
  return endStream ? receivedBytes === contentLength : receivedBytes <= contentLength
}
