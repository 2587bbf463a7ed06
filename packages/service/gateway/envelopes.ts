/** A byte of flags and four of the length stand before each message. */
const headBytes = 5
/** On the envelope that ends an answer: 2 in Connect's streams, 128 in gRPC-Web. */
const lastFlags = 0b10000010

/**
 * Knows where in a stream of messages its bytes are, without looking at what they say: between two envelopes an answer
 * can be ended with an error that its client understands.
 */
export class Envelopes {
  #headCount = 0
  #flags = 0
  #length = 0
  #rest = 0

  /** Whether all envelopes that have begun are whole. */
  get isBetween(): boolean {
    return this.#headCount === 0 && this.#rest === 0
  }

  /** Whether the one that ends the answer has come. */
  get isComplete(): boolean {
    return this.isBetween && (this.#flags & lastFlags) !== 0
  }

  pass(bytes: Uint8Array): void {
    let offset = 0
    while (offset < bytes.length) {
      if (this.#rest === 0) this.#passHead(bytes[offset++] ?? 0)
      const part = Math.min(this.#rest, bytes.length - offset)
      this.#rest -= part
      offset += part
    }
  }

  #passHead(byte: number): void {
    if (this.#headCount === 0) {
      this.#flags = byte
      this.#length = 0
    } else this.#length = this.#length * 256 + byte
    this.#headCount++
    if (this.#headCount < headBytes) return
    this.#headCount = 0
    this.#rest = this.#length
  }
}
