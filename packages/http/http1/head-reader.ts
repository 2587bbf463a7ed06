import { parseHead, type RequestHead } from './head.ts'
import type { Http1Limits } from './limits.ts'
import { Refusal } from './refusal.ts'
import { PartialSection, sectionEnd } from './section.ts'

const lineFeed = 0x0a
const carriageReturn = 0x0d
const emptyLineBytes = 4
/** A longer head is not kept to be compared with the next one. */
const keptBytesMax = 1024
/** Empty lines before a head, of which one is usual (RFC 9112 §2.2). */
const emptyLinesMax = 4
const nothing: Buffer = Buffer.alloc(0)

/** Finds the heads of a connection's requests, in whatever pieces they come. */
export class HeadReader {
  /** What came behind the head that was read last. */
  rest: Buffer = nothing
  readonly #limits: Http1Limits
  #partial: PartialSection | undefined
  #emptyLineCount = 0
  /** The last head, which a client that keeps its connection repeats as a rule. */
  #text = ''
  #head: RequestHead | undefined

  constructor(limits: Http1Limits) {
    this.#limits = limits
  }

  /** What is kept of a head that has not come whole. */
  get partialBytes(): number {
    return this.#partial?.bytes.length ?? 0
  }

  /** Whether a head has begun to come. */
  get isPartial(): boolean {
    return this.#partial !== undefined
  }

  /** The head that the bytes complete, or undefined until one is whole. Throws a `Refusal`. */
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

  /** Where the head begins. Empty lines before it are skipped: old clients send one behind a body. */
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
    if (this.#emptyLineCount > emptyLinesMax) throw new Refusal(400, 'too many empty lines')
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
    throw new Refusal(414, 'the request line is too long')
  }

  #parse(text: string): RequestHead {
    const head = parseHead(text, this.#limits)
    const isKept = text.length <= keptBytesMax
    this.#text = isKept ? text : ''
    this.#head = isKept ? head : undefined
    return head
  }
}
