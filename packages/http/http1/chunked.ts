import type { HeaderList } from '../exchange.ts'
import { parseHeaderLines } from './header-lines.ts'
import type { Http1Limits } from './limits.ts'
import { Refusal } from './refusal.ts'
import { PartialSection } from './section.ts'

type State =
  | 'size'
  | 'blank'
  | 'extension'
  | 'line-feed'
  | 'data'
  | 'data-end'
  | 'data-line-feed'
  | 'trailers'
  | 'done'

const tab = 0x09
const lineFeed = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const semicolon = 0x3b
const deleted = 0x7f
const lineEnd = Buffer.from('\r\n', 'latin1')
/** Most hexadecimal digits of a size that a number represents exactly. */
const sizeDigitsMax = 13
/** Bytes of a chunk's line and line ends that are normal. */
const plainLineBytes = 16

/**
 * Decodes a chunked body (RFC 9112 §7.1) that arrives in pieces of any size. It is strict: another
 * reader that accepts a slightly wrong size or line end would see other requests. Throws a
 * `Refusal`.
 */
export class ChunkedDecoder {
  /** Trailers, once the body is complete (RFC 9112 §7.1.2). */
  trailers: HeaderList = []
  /** Number of bytes of the last `decode` that belong to the body. */
  used = 0
  readonly #limits: Http1Limits
  #state: State = 'size'
  #size = 0
  #digits = 0
  #lineBytes = 0
  #overheadBytes = 0
  #section: PartialSection | undefined

  constructor(limits: Http1Limits) {
    this.#limits = limits
  }

  get isDone(): boolean {
    return this.#state === 'done'
  }

  /** Returns the data among the bytes, in one piece. Several pieces are moved together in place. */
  decode(bytes: Buffer): Buffer {
    let start = 0
    let end = 0
    let at = 0
    while (at < bytes.length && this.#state !== 'done') {
      if (this.#state === 'data') {
        const next = Math.min(at + this.#size, bytes.length)
        if (start === end) start = at
        else bytes.copyWithin(end, at, next)
        end = (start === at ? at : end) + next - at
        this.#size -= next - at
        if (this.#size === 0) this.#state = 'data-end'
        at = next
      } else if (this.#state === 'trailers') at = this.#readTrailers(bytes, at)
      else this.#readLine(bytes[at++] as number)
    }
    this.used = at
    return bytes.subarray(start, end)
  }

  #readLine(code: number): void {
    if (++this.#lineBytes > this.#limits.chunkLineBytesMax) {
      throw new Refusal(400, 'chunk size line too long: send shorter extensions')
    }
    switch (this.#state) {
      case 'size':
        this.#readSize(code)
        return
      case 'blank':
        if (code === semicolon) this.#state = 'extension'
        else if (!isBlank(code))
          throw new Refusal(400, 'invalid chunk size: send hexadecimal digits')
        return
      case 'extension':
        if (code === carriageReturn) this.#state = 'line-feed'
        else if (isControl(code))
          throw new Refusal(400, 'invalid chunk extension: send no control characters')
        return
      case 'line-feed':
        this.#expect(code, lineFeed)
        this.#begin()
        return
      case 'data-end':
        this.#expect(code, carriageReturn)
        this.#state = 'data-line-feed'
        return
      default:
        this.#expect(code, lineFeed)
        this.#state = 'size'
    }
  }

  #readSize(code: number): void {
    const digit = hexDigit(code)
    if (digit >= 0) {
      if (++this.#digits > sizeDigitsMax)
        throw new Refusal(400, 'chunk too large: send smaller chunks')
      this.#size = this.#size * 16 + digit
      return
    }
    if (this.#digits === 0) throw new Refusal(400, 'invalid chunk size: send hexadecimal digits')
    if (code === carriageReturn) this.#state = 'line-feed'
    else if (code === semicolon) this.#state = 'extension'
    else if (isBlank(code)) this.#state = 'blank'
    else throw new Refusal(400, 'invalid chunk size: send hexadecimal digits')
  }

  #begin(): void {
    const excess = this.#overheadBytes + this.#lineBytes - plainLineBytes - 2 * this.#size
    this.#overheadBytes = Math.max(0, excess)
    if (this.#overheadBytes > this.#limits.chunkOverheadBytesMax) {
      throw new Refusal(400, 'chunks with little data: send larger ones')
    }
    this.#state = this.#size === 0 ? 'trailers' : 'data'
    this.#digits = 0
    this.#lineBytes = 0
  }

  /**
   * The line end of the last chunk is the start of the section, so that the section ends the same
   * way with and without trailers.
   */
  #readTrailers(bytes: Buffer, at: number): number {
    if (this.#section === undefined) {
      this.#section = new PartialSection(this.#limits.headerBytesMax)
      this.#section.add(lineEnd)
    }
    const before = this.#section.bytes.length
    const end = this.#section.add(bytes.subarray(at))
    if (end < 0) return bytes.length
    const text = this.#section.bytes.toString('latin1', lineEnd.length, end + lineEnd.length)
    this.trailers = parseHeaderLines(text, 0, this.#limits)
    this.#section = undefined
    this.#state = 'done'
    return at + end + 2 * lineEnd.length - before
  }

  #expect(code: number, wanted: number): void {
    if (code !== wanted) throw new Refusal(400, 'invalid end of a chunk: send CRLF')
  }
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

function isBlank(code: number): boolean {
  return code === space || code === tab
}

function isControl(code: number): boolean {
  return (code < space && code !== tab) || code === deleted
}
