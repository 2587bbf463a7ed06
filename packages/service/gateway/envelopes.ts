/** Length of the prefix of a message: one byte of flags, and four of the length. */
const headBytes = 5
/** Flags of the envelope that ends a response: 2 in Connect's streams, 128 in gRPC-Web. */
const lastFlags = 0b10000010

/**
 * Tracks the envelopes in a stream of messages without reading their content. Between two
 * envelopes, a response can end with an error that its client understands.
 */
export class Envelopes {
  #headCount = 0
  #flags = 0
  #length = 0
  #rest = 0

  /** True when no envelope is incomplete. */
  get isBetween(): boolean {
    return this.#headCount === 0 && this.#rest === 0
  }

  /** True when the envelope that ends the response has passed. */
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
