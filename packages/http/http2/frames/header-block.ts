import type { Http2Limits } from '../limits.ts'
import { ConnectionError } from './errors.ts'
import { errorCode } from './wire.ts'

/** A header block in several frames (RFC 9113 §4.3). The last one has END_HEADERS. */
export class HeaderBlock {
  readonly streamId: number
  readonly endStream: boolean
  readonly sinceMs: number
  #bytes: Buffer
  #length: number
  #continuations = 0

  constructor(streamId: number, endStream: boolean, first: Uint8Array, sinceMs: number) {
    this.streamId = streamId
    this.endStream = endStream
    this.sinceMs = sinceMs
    // A copy, because the frame is part of a chunk that may be much larger.
    this.#bytes = Buffer.allocUnsafeSlow(2 * first.length)
    this.#bytes.set(first)
    this.#length = first.length
  }

  /**
   * Adds a fragment. Throws a `ConnectionError` beyond the limits: the block cannot be skipped,
   * because the table must stay in sync (RFC 9113 §10.5.1).
   */
  add(fragment: Uint8Array, limits: Http2Limits): void {
    const length = this.#length + fragment.length
    if (++this.#continuations > limits.continuationsMax || length > limits.headerBlockBytesMax) {
      throw new ConnectionError(errorCode.enhanceYourCalm, 'header block too large')
    }
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(2 * length)
      larger.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = larger
    }
    this.#bytes.set(fragment, this.#length)
    this.#length = length
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }
}
