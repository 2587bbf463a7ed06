import { ConnectionError } from './errors.ts'
import { clientPreface, errorCode } from './wire.ts'

/** Reads the preface that a client sends before its first frame (RFC 9113 §3.4). */
export class PrefaceReader {
  #seenBytes = 0

  /** True when the preface is complete. */
  get isDone(): boolean {
    return this.#seenBytes === clientPreface.length
  }

  /** Returns the bytes after the preface. Throws a `ConnectionError` for anything else. */
  strip(chunk: Buffer): Buffer {
    const seen = this.#seenBytes
    const length = Math.min(chunk.length, clientPreface.length - seen)
    if (clientPreface.compare(chunk, 0, length, seen, seen + length) !== 0) {
      throw new ConnectionError(errorCode.protocolError, 'invalid connection preface')
    }
    this.#seenBytes += length
    return chunk.subarray(length)
  }
}
