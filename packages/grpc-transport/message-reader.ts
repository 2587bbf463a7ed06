import { Code, ConnectError } from '@connectrpc/connect'

/** A message as it is sent, without its prefix (gRPC over HTTP/2, "Length-Prefixed-Message"). */
export interface WireMessage {
  readonly isCompressed: boolean
  readonly bytes: Uint8Array
}

/** Length of the prefix: one byte of flags, four of length. */
const prefixLength = 5

/** Finds the messages in the bytes of a response, however they are split. */
export class MessageReader {
  readonly #readMaxBytes: number
  #chunks: Uint8Array[] = []
  #length = 0
  /** Length of the next message with its prefix, or 0 while its prefix is incomplete. */
  #nextLength = 0
  #hasReceived = false

  constructor(readMaxBytes: number) {
    this.#readMaxBytes = readMaxBytes
  }

  /** True once any bytes have arrived. */
  get hasReceived(): boolean {
    return this.#hasReceived
  }

  /** True when there are bytes of an incomplete message. */
  get hasPartialMessage(): boolean {
    return this.#length > 0
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#hasReceived = true
    this.#chunks.push(chunk)
    this.#length += chunk.length
  }

  /**
   * Returns the next message, or `undefined` while it is incomplete. Throws `RESOURCE_EXHAUSTED`
   * when it is larger than `readMaxBytes`.
   */
  next(): WireMessage | undefined {
    if (this.#nextLength === 0) this.#nextLength = this.#readPrefix()
    if (this.#nextLength === 0 || this.#length < this.#nextLength) return undefined
    const bytes = this.#join()
    const end = this.#nextLength
    this.#chunks = bytes.length > end ? [bytes.subarray(end)] : []
    this.#length = bytes.length - end
    this.#nextLength = 0
    return { isCompressed: bytes[0] === 1, bytes: bytes.subarray(prefixLength, end) }
  }

  #readPrefix(): number {
    if (this.#length < prefixLength) return 0
    const first = this.#chunks[0]
    const bytes = first && first.length >= prefixLength ? first : this.#join()
    const [flag, length] = [bytes[0] ?? 0, readLength(bytes)]
    if (flag > 1) throw new ConnectError(`protocol error: invalid flags ${flag}`, Code.Internal)
    if (length > this.#readMaxBytes) throw tooLong(length, this.#readMaxBytes)
    return prefixLength + length
  }

  #join(): Uint8Array {
    const [first] = this.#chunks
    if (first && this.#chunks.length === 1) return first
    const bytes = new Uint8Array(this.#length)
    let offset = 0
    for (const chunk of this.#chunks) {
      bytes.set(chunk, offset)
      offset += chunk.length
    }
    this.#chunks = [bytes]
    return bytes
  }
}

/** Reads 32 bits, big-endian, after the byte of flags. */
function readLength(bytes: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = [bytes[1], bytes[2], bytes[3], bytes[4]]
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
}

function tooLong(length: number, lengthMax: number): ConnectError {
  return new ConnectError(
    `a message of ${length} bytes is larger than readMaxBytes, ${lengthMax}`,
    Code.ResourceExhausted,
  )
}
