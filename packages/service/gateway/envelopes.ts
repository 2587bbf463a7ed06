import { Base64Decoder } from '@marquee/connect-hono/wire/base64'

/** Length of the prefix of a message: one byte of flags, and four of the length. */
const headBytes = 5
/** Flags of the envelope that ends a response: 2 in Connect's streams, 128 in gRPC-Web. */
const lastFlags = 0b10000010

/**
 * Tracks the envelopes in a stream of messages without reading their content. Between two
 * envelopes, a response can end with an error that its client understands.
 */
export class Envelopes {
  readonly #base64: Base64Decoder | undefined
  #headCount = 0
  #flags = 0
  #length = 0
  #rest = 0

  /** @param isText True for a stream in base64. */
  constructor(isText = false) {
    this.#base64 = isText ? new Base64Decoder() : undefined
  }

  /** True when no envelope is incomplete. */
  get isBetween(): boolean {
    if (this.#base64?.isBetween === false) return false
    return this.#headCount === 0 && this.#rest === 0
  }

  /** True when the envelope that ends the response has passed. */
  get isComplete(): boolean {
    return this.isBetween && (this.#flags & lastFlags) !== 0
  }

  /** Throws for a stream in base64 that is not. */
  pass(chunk: Uint8Array): void {
    const bytes = this.#base64?.decode(chunk) ?? chunk
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
