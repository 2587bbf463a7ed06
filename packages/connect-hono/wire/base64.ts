import { Code, ConnectError } from '@connectrpc/connect'
import type { RequestBody } from '@marquee/http/exchange'
import type { LazyBody } from '@marquee/http/lazy-response'
import { withReason } from '../errors/rpc-reasons.ts'
import type { Wire } from './wire.ts'

/**
 * Maximum number of characters for one byte. A body in padded pieces may have a group of four for
 * each byte.
 */
export const charactersPerByteMax = 4

/** Number of bytes that are encoded at once. A multiple of 3, so that only the end has padding. */
const sliceBytes = 48 * 1024

/** Value of a padding character, and of one that is not in the alphabet. */
const padding = 64
const invalid = 255

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Values of characters, by code. */
const values = new Uint8Array(256).fill(invalid)
for (let value = 0; value < alphabet.length; value++) values[alphabet.charCodeAt(value)] = value
values['='.charCodeAt(0)] = padding

/**
 * Decodes base64 (RFC 4648 §4) that arrives in chunks. Each group of four characters may end with
 * padding, so a body may be a concatenation of padded pieces
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md).
 */
export class Base64Decoder {
  /** Bits of the current group. */
  #bits = 0
  /** Number of characters of the current group, the padding included. */
  #count = 0
  #paddingCount = 0
  /** Number of characters before the current chunk. */
  #position = 0

  /** True when no group is incomplete. */
  get isBetween(): boolean {
    return this.#count === 0
  }

  /** Returns the bytes of all groups that are complete. Throws `INVALID_ARGUMENT`. */
  decode(chunk: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(3 * Math.floor((this.#count + chunk.length) / 4))
    let length = 0
    for (let index = 0; index < chunk.length; index++) {
      this.#add(values[chunk[index] as number] as number, index)
      if (this.#count === 4) length = this.#write(bytes, length)
    }
    this.#position += chunk.length
    return length === bytes.length ? bytes : bytes.subarray(0, length)
  }

  #add(value: number, index: number): void {
    const isPadding = value === padding
    const isMisplaced = isPadding ? this.#count < 2 : this.#paddingCount > 0
    if (value === invalid || isMisplaced) {
      const text = `the body is not base64 at byte ${this.#position + index}: send base64 with padding`
      throw malformed(text)
    }
    if (isPadding) this.#paddingCount++
    this.#bits = (this.#bits << 6) | (isPadding ? 0 : value)
    this.#count++
  }

  /** Writes the bytes of a complete group. Returns where the next ones belong. */
  #write(bytes: Uint8Array, at: number): number {
    bytes[at] = this.#bits >>> 16
    if (this.#paddingCount < 2) bytes[at + 1] = this.#bits >>> 8
    if (this.#paddingCount < 1) bytes[at + 2] = this.#bits
    const end = at + 3 - this.#paddingCount
    this.#bits = 0
    this.#count = 0
    this.#paddingCount = 0
    return end
  }
}

function malformed(text: string): ConnectError {
  return withReason(new ConnectError(text, Code.InvalidArgument), 'MESSAGE_MALFORMED')
}

/** Body of a request, decoded from base64 as it is taken. At most three characters wait. */
export class Base64Body implements RequestBody {
  readonly #body: RequestBody
  readonly #decoder = new Base64Decoder()

  constructor(body: RequestBody) {
    this.#body = body
  }

  get ended(): boolean {
    return this.#body.ended
  }

  get trailers(): RequestBody['trailers'] {
    return this.#body.trailers
  }

  /** Throws `INVALID_ARGUMENT` for what is not base64, and for an end within a group. */
  take(): Uint8Array | undefined {
    for (let chunk = this.#body.take(); chunk !== undefined; chunk = this.#body.take()) {
      const bytes = this.#decoder.decode(chunk)
      if (bytes.length > 0) return bytes
    }
    if (this.#body.ended && !this.#decoder.isBetween) {
      throw malformed(
        'the base64 of the body ends within a group of four: send all of it, with padding',
      )
    }
    return undefined
  }

  ready(): Promise<void> {
    return this.#body.ready()
  }

  refuse(): void {
    this.#body.refuse()
  }
}

/** Encodes bytes as base64, with padding. */
export function encodeBase64(bytes: Uint8Array): Uint8Array {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const text = Buffer.allocUnsafeSlow(4 * Math.ceil(bytes.length / 3))
  let length = 0
  for (let start = 0; start < bytes.length; start += sliceBytes) {
    length += text.write(source.toString('base64', start, start + sliceBytes), length, 'latin1')
  }
  return text
}

/** Returns a part of a response's body as it is sent: as padded base64, or unchanged. */
export function encodePart(wire: Wire, bytes: Uint8Array): Uint8Array {
  return wire.hasTextResponse ? encodeBase64(bytes) : bytes
}

/**
 * Returns the body of a response as base64: one text when it is whole, and otherwise a padded piece
 * for each chunk, which the client can decode on arrival.
 */
export function encodeBody(body: LazyBody): LazyBody {
  if (body === null) return null
  if (body instanceof Uint8Array) return encodeBase64(body)
  if (Symbol.asyncIterator in body) return new Base64Chunks(body[Symbol.asyncIterator]())
  return encodeBase64(Buffer.concat(body))
}

const done: IteratorResult<Uint8Array, undefined> = { done: true, value: undefined }

/** Not a generator, whose `return` would wait for the next chunk. */
class Base64Chunks implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #chunks: AsyncIterator<Uint8Array>

  constructor(chunks: AsyncIterator<Uint8Array>) {
    this.#chunks = chunks
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const result = await this.#chunks.next()
    return result.done ? done : { done: false, value: encodeBase64(result.value) }
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    await this.#chunks.return?.()
    return done
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
