import type { HeaderList } from '../../exchange.ts'
import { headerListBytes } from '../../header-list.ts'
import { encodedBytesMax, type HpackEncoder } from '../hpack/encoder.ts'
import type { Outbox } from './outbox.ts'
import {
  frameBytesMax,
  frameFlag,
  frameHeaderBytes,
  frameType,
  writeFrameHeader,
  writeUint32,
} from './wire.ts'

const noBytes = new Uint8Array(0)
const noHeaders: HeaderList = []

/** Notified of each frame that was written. */
export interface FrameListener {
  onWritten(): void
}

/** Writes frames into an outbox. It does not know windows or streams. */
export class FrameWriter {
  /** SETTINGS_MAX_HEADER_LIST_SIZE of the peer. */
  listBytesMax = Number.POSITIVE_INFINITY
  readonly #outbox: Outbox
  readonly #encoder: HpackEncoder
  readonly #listener: FrameListener

  constructor(outbox: Outbox, encoder: HpackEncoder, listener: FrameListener) {
    this.#outbox = outbox
    this.#encoder = encoder
    this.#listener = listener
  }

  /**
   * Writes DATA of at most 16,384 bytes, which are copied. Returns its position, for
   * `Outbox.endStreamAt`.
   */
  data(streamId: number, bytes: Uint8Array, endStream: boolean): number {
    const offset = this.dataHeader(streamId, bytes.length, endStream)
    this.#outbox.buffer.set(bytes, offset)
    return this.#outbox.position - bytes.length - frameHeaderBytes
  }

  /**
   * Writes the header of a DATA frame and makes room after it. Returns the offset of the payload in
   * the outbox's buffer.
   */
  dataHeader(streamId: number, payloadBytes: number, endStream: boolean): number {
    const flags = endStream ? frameFlag.endStream : 0
    return this.#begin(payloadBytes, frameType.data, flags, streamId)
  }

  /**
   * Writes a header block of two lists, with CONTINUATION as needed (RFC 9113 §4.3). Returns the
   * position of HEADERS. Returns -1, and writes nothing, when the list is longer than the peer
   * accepts.
   */
  headers(
    streamId: number,
    headers: HeaderList,
    endStream: boolean,
    more: HeaderList = noHeaders,
  ): number {
    const outbox = this.#outbox
    const bytesMax = encodedBytesMax(headers) + encodedBytesMax(more)
    // A list never counts more than twice its maximum encoded size, so that most need not be
    // measured.
    if (bytesMax * 2 > this.listBytesMax) {
      if (headerListBytes(headers) + headerListBytes(more) > this.listBytesMax) return -1
    }
    outbox.reserve(frameHeaderBytes + bytesMax)
    const { buffer, offset, position } = outbox
    let end = this.#encoder.encode(headers, buffer, offset + frameHeaderBytes)
    if (more.length > 0) end = this.#encoder.encode(more, buffer, end)
    const blockBytes = end - offset - frameHeaderBytes
    const flags = endStream ? frameFlag.endStream : 0
    if (blockBytes > frameBytesMax) {
      this.#split(streamId, flags, Buffer.from(buffer.subarray(offset + frameHeaderBytes, end)))
      return position
    }
    writeFrameHeader(
      buffer,
      offset,
      blockBytes,
      frameType.headers,
      flags | frameFlag.endHeaders,
      streamId,
    )
    outbox.offset = end
    this.#listener.onWritten()
    return position
  }

  resetStream(streamId: number, code: number): void {
    const offset = this.#begin(4, frameType.resetStream, 0, streamId)
    writeUint32(this.#outbox.buffer, offset, code)
  }

  windowUpdate(streamId: number, bytes: number): void {
    const offset = this.#begin(4, frameType.windowUpdate, 0, streamId)
    writeUint32(this.#outbox.buffer, offset, bytes)
  }

  settings(payload: Uint8Array): void {
    this.#control(frameType.settings, 0, payload)
  }

  settingsAck(): void {
    this.#control(frameType.settings, frameFlag.ack, noBytes)
  }

  /** @param payload Eight bytes. */
  ping(payload: Uint8Array, ack: boolean): void {
    this.#control(frameType.ping, ack ? frameFlag.ack : 0, payload)
  }

  goaway(lastStreamId: number, code: number, message: string): void {
    const text = Buffer.from(message)
    const offset = this.#begin(8 + text.length, frameType.goaway, 0, 0)
    const { buffer } = this.#outbox
    writeUint32(buffer, offset, lastStreamId)
    writeUint32(buffer, offset + 4, code)
    buffer.set(text, offset + 8)
  }

  #control(type: number, flags: number, payload: Uint8Array): void {
    const offset = this.#begin(payload.length, type, flags, 0)
    this.#outbox.buffer.set(payload, offset)
  }

  /** Writes the header of a frame and makes room for its payload. Returns the payload's offset. */
  #begin(payloadBytes: number, type: number, flags: number, streamId: number): number {
    const outbox = this.#outbox
    outbox.reserve(frameHeaderBytes + payloadBytes)
    const { offset } = outbox
    writeFrameHeader(outbox.buffer, offset, payloadBytes, type, flags, streamId)
    outbox.offset = offset + frameHeaderBytes + payloadBytes
    this.#listener.onWritten()
    return offset + frameHeaderBytes
  }

  #split(streamId: number, flags: number, block: Buffer): void {
    let type: number = frameType.headers
    for (let start = 0; start < block.length; start += frameBytesMax) {
      const part = block.subarray(start, start + frameBytesMax)
      const last = start + frameBytesMax >= block.length ? frameFlag.endHeaders : 0
      const own = type === frameType.headers ? flags : 0
      const offset = this.#begin(part.length, type, own | last, streamId)
      this.#outbox.buffer.set(part, offset)
      type = frameType.continuation
    }
  }
}
