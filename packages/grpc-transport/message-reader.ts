import { Code, ConnectError } from '@connectrpc/connect'

/** A message as it is on the wire: a flag and a length come before it (gRPC over HTTP/2, "Length-Prefixed-Message"). */
export interface WireMessage {
  readonly isCompressed: boolean
  readonly bytes: Uint8Array
}

/** Bytes of the flag and the length. */
const prefixLength = 5

/** Finds the messages in the bytes of an answer, which come in any pieces. */
export class MessageReader {
  readonly #readMaxBytes: number
  #chunks: Uint8Array[] = []
  #length = 0
  /** How many bytes the next message takes with its prefix, or 0 when its prefix is not here yet. */
  #wanted = 0
  #isUsed = false

  constructor(readMaxBytes: number) {
    this.#readMaxBytes = readMaxBytes
  }

  /** Whether there were bytes at all. */
  get isUsed(): boolean {
    return this.#isUsed
  }

  /** Whether there are bytes that are no message yet. */
  get hasRest(): boolean {
    return this.#length > 0
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#isUsed = true
    this.#chunks.push(chunk)
    this.#length += chunk.length
  }

  /** The next message, or undefined when it is not all here. Throws RESOURCE_EXHAUSTED when it is too long. */
  next(): WireMessage | undefined {
    if (this.#wanted === 0) this.#wanted = this.#readPrefix()
    if (this.#wanted === 0 || this.#length < this.#wanted) return undefined
    const bytes = this.#join()
    const end = this.#wanted
    this.#chunks = bytes.length > end ? [bytes.subarray(end)] : []
    this.#length = bytes.length - end
    this.#wanted = 0
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

/** Big-endian, 32 bits, unsigned. */
function readLength(bytes: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = [bytes[1], bytes[2], bytes[3], bytes[4]]
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
}

function tooLong(length: number, lengthMax: number): ConnectError {
  return new ConnectError(
    `a message of ${length} bytes is longer than ${lengthMax}`,
    Code.ResourceExhausted,
  )
}
