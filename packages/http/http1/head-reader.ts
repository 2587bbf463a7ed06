import { parseHead, type RequestHead } from './head.ts'
import type { Http1Limits } from './limits.ts'
import { Refusal } from './refusal.ts'
import { PartialSection, sectionEnd } from './section.ts'

const lineFeed = 0x0a
const carriageReturn = 0x0d
const emptyLineBytes = 4
/** Longest head that is kept for comparison with the next one, in bytes. */
const keptBytesMax = 1024
/** Most empty lines before a head. One is usual (RFC 9112 §2.2). */
const emptyLinesMax = 4
const nothing: Buffer = Buffer.alloc(0)

/** Finds the heads of requests in pieces of any size. */
export class HeadReader {
  /** Bytes after the last head. */
  rest: Buffer = nothing
  readonly #limits: Http1Limits
  #partial: PartialSection | undefined
  #emptyLineCount = 0
  /** The last head. A client that keeps its connection usually repeats it. */
  #text = ''
  #head: RequestHead | undefined

  constructor(limits: Http1Limits) {
    this.#limits = limits
  }

  /** Bytes kept of an incomplete head. */
  get partialBytes(): number {
    return this.#partial?.bytes.length ?? 0
  }

  /** True when a head has begun to arrive. */
  get isPartial(): boolean {
    return this.#partial !== undefined
  }

  /**
   * Returns the head that these bytes complete, or `undefined` until one is complete. Throws a
   * `Refusal`.
   */
  read(bytes: Buffer): RequestHead | undefined {
    const start = this.#skipEmptyLines(bytes)
    let all = bytes
    let end: number
    if (this.#partial === undefined) {
      end = sectionEnd(bytes, start)
      if (end < 0) return this.#begin(bytes.subarray(start))
    } else {
      end = this.#partial.add(bytes)
      all = this.#partial.bytes
      if (end < 0) return this.#requireShortLine(all)
      this.#partial = undefined
    }
    this.#emptyLineCount = 0
    const text = all.toString('latin1', start, end + 2)
    this.rest = all.subarray(end + emptyLineBytes)
    return this.#head !== undefined && text === this.#text ? this.#head : this.#parse(text)
  }

  /**
   * Returns where the head begins. Skips empty lines before it, which old clients send after a
   * body.
   */
  #skipEmptyLines(bytes: Buffer): number {
    let start = 0
    if (this.#partial !== undefined) {
      const { bytes: before } = this.#partial
      if (before.length > 1 || before[0] !== carriageReturn || bytes[0] !== lineFeed) return 0
      this.#partial = undefined
      start = 1
      this.#countEmptyLine()
    }
    while (bytes[start] === carriageReturn && bytes[start + 1] === lineFeed) {
      start += 2
      this.#countEmptyLine()
    }
    return start
  }

  #countEmptyLine(): void {
    this.#emptyLineCount++
    if (this.#emptyLineCount > emptyLinesMax)
      throw new Refusal(400, 'too many empty lines before a request: send none')
  }

  #begin(bytes: Buffer): undefined {
    if (bytes.length === 0) return
    const { requestLineBytesMax, headerBytesMax } = this.#limits
    this.#partial = new PartialSection(requestLineBytesMax + headerBytesMax)
    this.#partial.add(bytes)
    this.#requireShortLine(bytes)
  }

  #requireShortLine(bytes: Buffer): undefined {
    const { requestLineBytesMax } = this.#limits
    if (bytes.length <= requestLineBytesMax) return
    const end = bytes.indexOf(lineFeed)
    if (end >= 0 && end <= requestLineBytesMax + 1) return
    throw new Refusal(414, 'request line too long: shorten the target')
  }

  #parse(text: string): RequestHead {
    const head = parseHead(text, this.#limits)
    const isKept = text.length <= keptBytesMax
    this.#text = isKept ? text : ''
    this.#head = isKept ? head : undefined
    return head
  }
}
