import { ConnectionError } from './errors.ts'
import { errorCode, frameBytesMax, frameHeaderBytes, readUint24, readUint31 } from './wire.ts'

/**
 * Receives the frames of a connection. The payload is `bytes` from `start` to `end`, without a
 * copy.
 */
export interface FrameSink {
  onFrame(
    type: number,
    flags: number,
    streamId: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void
}

/**
 * Initial space for an incomplete frame, in bytes. A peer that announces much and sends nothing
 * costs no more.
 */
const carryBytesMin = 64

/**
 * Finds the frames in chunks that begin and end anywhere (RFC 9113 §4.1). A frame within one chunk
 * is not copied. Other frames are assembled in a buffer of their own.
 */
export class FrameReader {
  /** Number of complete frames. */
  frameCount = 0
  readonly #sink: FrameSink
  /** The beginning of an incomplete frame. */
  #carry: Buffer | undefined
  #carried = 0

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /** Type of the incomplete frame, -1 while it is unknown, or `undefined` when there is none. */
  get partialType(): number | undefined {
    if (this.#carry === undefined) return undefined
    return this.#carried > 3 ? this.#carry[3] : -1
  }

  /** Bytes kept of an incomplete frame. */
  get partialBytes(): number {
    return this.#carry?.length ?? 0
  }

  /**
   * Reads a chunk. Throws a `ConnectionError` for a frame that is too long, and any error of the
   * sink.
   */
  push(chunk: Buffer): void {
    let offset = this.#carry === undefined ? 0 : this.#fill(this.#carry, chunk)
    while (chunk.length - offset >= frameHeaderBytes) {
      const end = offset + totalBytes(chunk, offset)
      if (end > chunk.length) break
      this.#emit(chunk, offset, end)
      offset = end
    }
    if (offset < chunk.length) this.#keep(chunk, offset)
  }

  #emit(bytes: Buffer, offset: number, end: number): void {
    const type = bytes[offset + 3] ?? 0
    const flags = bytes[offset + 4] ?? 0
    const streamId = readUint31(bytes, offset + 5)
    this.frameCount++
    this.#sink.onFrame(type, flags, streamId, bytes, offset + frameHeaderBytes, end)
  }

  #keep(chunk: Buffer, offset: number): void {
    const length = chunk.length - offset
    this.#carry = Buffer.allocUnsafeSlow(Math.max(length, carryBytesMin))
    this.#carried = chunk.copy(this.#carry, 0, offset)
  }

  /** Completes the incomplete frame from the chunk. Returns the number of bytes taken. */
  #fill(kept: Buffer, chunk: Buffer): number {
    let offset = 0
    if (this.#carried < frameHeaderBytes) {
      offset = chunk.copy(kept, this.#carried, 0, frameHeaderBytes - this.#carried)
      this.#carried += offset
      if (this.#carried < frameHeaderBytes) return offset
    }
    const total = totalBytes(kept, 0)
    const taken = Math.min(total - this.#carried, chunk.length - offset)
    const carry = this.#withRoom(kept, this.#carried + taken, total)
    chunk.copy(carry, this.#carried, offset, offset + taken)
    this.#carried += taken
    if (this.#carried === total) {
      this.#carry = undefined
      this.#emit(carry, 0, total)
    }
    return offset + taken
  }

  /** Returns a buffer with room. It grows with the bytes that arrive, not with those announced. */
  #withRoom(carry: Buffer, needed: number, total: number): Buffer {
    if (needed <= carry.length) return carry
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(total, 2 * carry.length)))
    carry.copy(larger, 0, 0, this.#carried)
    this.#carry = larger
    return larger
  }
}

function totalBytes(bytes: Buffer, offset: number): number {
  const length = readUint24(bytes, offset)
  if (length > frameBytesMax)
    throw new ConnectionError(errorCode.frameSizeError, 'frame longer than MAX_FRAME_SIZE')
  return frameHeaderBytes + length
}
