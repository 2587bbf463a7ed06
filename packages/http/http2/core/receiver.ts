import { memoryShares } from '../../memory/account.ts'
import { ConnectionError } from '../frames/errors.ts'
import { HeaderBlock } from '../frames/header-block.ts'
import { FrameReader, type FrameSink } from '../frames/reader.ts'
import { errorCode, frameFlag, frameType, initialWindowBytes, readUint31 } from '../frames/wire.ts'
import { HpackDecoder } from '../hpack/decoder.ts'
import type { Http2Connection } from './connection.ts'
import {
  onGoaway,
  onPing,
  onPriority,
  onResetStream,
  onSettings,
  onWindowUpdate,
} from './control-frames.ts'
import type { Http2Stream } from './stream.ts'

const { protocolError, frameSizeError, flowControlError, streamClosed } = errorCode

/**
 * Takes the frames that a peer sends (RFC 9113 §6), and tells its connection and their streams. What makes the connection
 * unusable is thrown as a `ConnectionError` (§5.4.1), what breaks a stream resets it (§5.4.2).
 */
export class Receiver implements FrameSink {
  readonly #connection: Http2Connection
  readonly #reader = new FrameReader(this)
  readonly #decoder: HpackDecoder
  /** A field block whose end has not come: no other frame may come before it (RFC 9113 §4.3). */
  #block: HeaderBlock | undefined
  /** Since when a frame of a field block is incomplete. */
  #partialSinceMs: number | undefined
  /** Size of the field block that is being decoded, in bytes as sent. */
  blockBytes = 0
  /** What the account is charged for `#block`, and for a frame that has not come whole. */
  #chargedBytes = 0
  #partialBytes = 0
  #settingsSeen = false
  /** What the peer may still send on the connection, and what was taken and not told (RFC 9113 §6.9.1). */
  #window: number
  #unreturnedBytes: number
  /** Streams that got DATA in this turn of the event loop, and the largest chunk that it came in. */
  #fed: Http2Stream[] = []
  #fedBytesMax = 0

  constructor(connection: Http2Connection) {
    const { limits } = connection
    this.#connection = connection
    this.#decoder = new HpackDecoder({ tableBytesMax: limits.headerTableBytes })
    this.#window = initialWindowBytes
    this.#unreturnedBytes = Math.max(0, limits.connectionWindowBytes - initialWindowBytes)
  }

  get settingsSeen(): boolean {
    return this.#settingsSeen
  }

  /** Since when a field block is under way, or undefined. */
  get headersSinceMs(): number | undefined {
    return this.#block?.sinceMs ?? this.#partialSinceMs
  }

  /** The connection is over. */
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
      this.#partialSinceMs = this.#connection.nowMs
      this.#connection.lookIn(this.#connection.limits.headersTimeoutMs)
    }
  }

  /** Called when those who could take DATA at once, or waited for it, have had their turn. */
  settle(): void {
    for (const stream of this.#fed) stream.body.settle(this.#fedBytesMax)
    this.#fed = []
    this.#fedBytesMax = 0
  }

  /** So many bytes of DATA were taken or dropped. */
  returnWindow(bytes: number): void {
    this.#unreturnedBytes += bytes
    if (this.#unreturnedBytes * 2 >= this.#connection.limits.connectionWindowBytes)
      this.openWindow()
  }

  /** Tells the peer all that it may send. */
  openWindow(): void {
    if (this.#unreturnedBytes === 0) return
    this.#connection.transmitter.writer.windowUpdate(0, this.#unreturnedBytes)
    this.#window += this.#unreturnedBytes
    this.#unreturnedBytes = 0
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
      throw new ConnectionError(protocolError, 'a frame within a field block')
    }
    if (!this.#settingsSeen) this.#checkFirst(type, flags)
    switch (type) {
      case frameType.data:
        return void this.#onData(flags, streamId, bytes, start, end)
      case frameType.headers:
        return void this.#onHeaders(flags, streamId, bytes, start, end)
      case frameType.priority:
        return void onPriority(this.#connection, streamId, bytes, start, end)
      case frameType.resetStream:
        return void onResetStream(this.#connection, streamId, bytes, start, end)
      case frameType.settings:
        return void onSettings(this.#connection, flags, streamId, bytes, start, end)
      case frameType.pushPromise:
        // A client must not send it, and a server was told not to (RFC 9113 §8.4).
        throw new ConnectionError(protocolError, 'PUSH_PROMISE')
      case frameType.ping:
        return void onPing(this.#connection, flags, streamId, bytes, start, end)
      case frameType.goaway:
        return void onGoaway(this.#connection, streamId, bytes, start, end)
      case frameType.windowUpdate:
        return void onWindowUpdate(this.#connection, streamId, bytes, start, end)
      case frameType.continuation:
        return void this.#onContinuation(flags, streamId, bytes, start, end)
      default:
        // Unknown types are ignored (RFC 9113 §5.5).
        this.#connection.spend(1)
    }
  }

  #checkFirst(type: number, flags: number): void {
    if (type !== frameType.settings || (flags & frameFlag.ack) !== 0) {
      throw new ConnectionError(protocolError, 'SETTINGS come first')
    }
    this.#settingsSeen = true
  }

  #onData(flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    if (streamId === 0) throw new ConnectionError(protocolError, 'DATA on stream 0')
    const connection = this.#connection
    const frameBytes = end - start
    // Padding counts as well (RFC 9113 §6.9.1).
    this.#window -= frameBytes
    if (this.#window < 0) throw new ConnectionError(flowControlError, 'DATA beyond the window')
    let [from, to] = [start, end]
    if ((flags & frameFlag.padded) !== 0) [from, to] = unpad(bytes, start, end)
    const endStream = (flags & frameFlag.endStream) !== 0
    const stream = connection.streams.get(streamId)
    if (stream === undefined) {
      connection.streams.onStray(streamId, streamClosed)
      return void this.returnWindow(frameBytes)
    }
    if (to > from) connection.budget.earn()
    else if (!endStream) connection.spend(1)
    if (stream.remoteEnded) {
      this.returnWindow(frameBytes)
      return void connection.streams.refuse(streamId, streamClosed, 'DATA behind END_STREAM')
    }
    stream.receiveWindow -= frameBytes
    if (stream.receiveWindow < 0) {
      this.returnWindow(frameBytes)
      return void connection.streams.refuse(streamId, flowControlError, 'DATA beyond the window')
    }
    stream.receivedBytes += to - from
    if (!fits(stream, endStream)) {
      this.returnWindow(frameBytes)
      return void connection.streams.refuse(
        streamId,
        protocolError,
        'DATA of another length than told',
      )
    }
    const unused = stream.discards ? frameBytes : frameBytes - (to - from)
    if (unused > 0) stream.onTaken(unused)
    if (to > from && !stream.discards) {
      stream.body.receive(bytes.subarray(from, to))
      this.#feed(stream, bytes.length)
    }
    if (endStream) connection.streams.endRemote(stream, [])
  }

  #feed(stream: Http2Stream, chunkBytes: number): void {
    if (this.#fed.length === 0) this.#connection.hub.settleSoon(this)
    if (this.#fed.at(-1) !== stream) this.#fed.push(stream)
    this.#fedBytesMax = Math.max(this.#fedBytesMax, chunkBytes)
  }

  #onHeaders(flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    if (streamId === 0) throw new ConnectionError(protocolError, 'HEADERS on stream 0')
    let [from, to] = [start, end]
    if ((flags & frameFlag.padded) !== 0) [from, to] = unpad(bytes, start, end)
    if ((flags & frameFlag.priority) !== 0) {
      if (to - from < 5) throw new ConnectionError(frameSizeError, 'HEADERS too short')
      if (readUint31(bytes, from) === streamId) {
        throw new ConnectionError(protocolError, 'a stream that depends on itself')
      }
      from += 5
    }
    const endStream = (flags & frameFlag.endStream) !== 0
    const fragment = bytes.subarray(from, to)
    if ((flags & frameFlag.endHeaders) !== 0)
      return void this.#onBlock(streamId, endStream, fragment)
    this.#block = new HeaderBlock(streamId, endStream, fragment, this.#connection.nowMs)
    this.#chargeBlock(fragment.length)
    this.#connection.lookIn(this.#connection.limits.headersTimeoutMs)
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
      throw new ConnectionError(protocolError, 'CONTINUATION of nothing')
    }
    if (start === end) this.#connection.spend(1)
    block.add(bytes.subarray(start, end), this.#connection.limits)
    if ((flags & frameFlag.endHeaders) === 0) return void this.#chargeBlock(end - start)
    this.#block = undefined
    this.#releaseBlock()
    this.#onBlock(streamId, block.endStream, block.bytes)
  }

  #chargePartial(bytes: number): void {
    const added = bytes - this.#partialBytes
    if (added > 0) this.#reserve(added)
    else this.#connection.account.release(-added)
    this.#partialBytes = bytes
  }

  #reserve(bytes: number): void {
    if (this.#connection.account.reserve(bytes, memoryShares.stream)) return
    throw new ConnectionError(errorCode.enhanceYourCalm, 'memory is short')
  }

  /** Field blocks that do not end (CVE-2024-27316), on many connections. */
  #chargeBlock(bytes: number): void {
    this.#reserve(2 * bytes)
    this.#chargedBytes += 2 * bytes
  }

  #releaseBlock(): void {
    this.#connection.account.release(this.#chargedBytes)
    this.#chargedBytes = 0
  }

  #onBlock(streamId: number, endStream: boolean, block: Buffer): void {
    const { limits } = this.#connection
    this.blockBytes = block.length
    const { fields, overflow } = this.#decoder.decode(block, {
      listBytesMax: limits.headerListBytesMax,
      listCountMax: limits.headerCountMax,
    })
    this.#connection.onFields(streamId, fields, overflow, endStream)
  }
}

/** Where the content of a padded frame is (RFC 9113 §6.1). */
function unpad(bytes: Buffer, start: number, end: number): [from: number, to: number] {
  const to = end - (bytes[start] ?? 0)
  if (start === end || to <= start) throw new ConnectionError(protocolError, 'padding too long')
  return [start + 1, to]
}

/** Whether DATA agrees with `content-length` so far (RFC 9113 §8.1.1). */
function fits({ contentLength, receivedBytes }: Http2Stream, endStream: boolean): boolean {
  if (contentLength < 0) return true
  return endStream ? receivedBytes === contentLength : receivedBytes <= contentLength
}
