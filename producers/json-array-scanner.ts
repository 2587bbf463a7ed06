/** An element of the array. */
export interface FoundElement {
  /** Starts at 1. */
  readonly number: number
  /** Line where the element begins. Starts at 1. */
  readonly line: number
  /** Text of the element without surrounding white space. `undefined` when it is too long. */
  readonly bytes: Uint8Array | undefined
}

/** A place in a text. */
interface Place {
  /** In bytes. Starts at 0. */
  readonly offset: number
  /** Starts at 1. */
  readonly line: number
}

/** Reason why a text is not a JSON array, with the place. */
export interface Flaw extends Place {
  readonly reason: string
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const lineFeed = 0x0a
const arrayStart = 0x5b
const arrayEnd = 0x5d
const objectStart = 0x7b
const objectEnd = 0x7d

/**
 * Finds the elements of a JSON array (RFC 8259 §5) in chunks of bytes. Looks only at commas,
 * brackets and strings; the reader checks whether an element is JSON. Memory is bounded by the
 * chunk and one element.
 */
export class ArrayScanner {
  /** Set where the text stops being an array. The rest is not scanned. */
  flaw: Flaw | undefined
  /** Number of elements found. */
  count = 0
  readonly #elementBytesMax: number
  #found: FoundElement[] = []
  #where: 'before' | 'inside' | 'after' = 'before'
  #offset = 0
  #line = 1
  #isAfterComma = false
  /** Start of the current element. */
  #begun: Place | undefined
  /** Number of open brackets in the current element. */
  #depth = 0
  #isInString = false
  #isEscaped = false
  /** Part of the current element in earlier chunks. `undefined` when it is too long. */
  #kept: Uint8Array | undefined = new Uint8Array(0)

  constructor(elementBytesMax: number) {
    this.#elementBytesMax = elementBytesMax
  }

  /** Returns the elements found since the last call. */
  take(): FoundElement[] {
    const found = this.#found
    this.#found = []
    return found
  }

  scan(chunk: Uint8Array): void {
    const chunkOffset = this.#offset
    for (let at = 0; at < chunk.length && this.flaw === undefined; at++) {
      const byte = chunk[at] as number
      this.#offset = chunkOffset + at
      if (this.#isInString) this.#scanString(byte)
      else if (this.#depth > 0) this.#scanElement(byte)
      else if (this.#where === 'inside') this.#scanArray(byte, chunk, chunkOffset)
      else if (!isWhiteSpace(byte)) this.#scanOutside(byte)
      if (byte === lineFeed) this.#line++
    }
    if (this.flaw !== undefined) return
    this.#offset = chunkOffset + chunk.length
    if (this.#begun) this.#keep(chunk.subarray(Math.max(0, this.#begun.offset - chunkOffset)))
  }

  /** Reports a text that ends before its array does. */
  end(): void {
    if (this.#where === 'before') this.#fail('it does not begin with "["')
    else if (this.#begun) this.#fail('the text ends within an element', this.#begun)
    else if (this.#where === 'inside') this.#fail('the text ends before "]"')
  }

  #scanOutside(byte: number): void {
    if (this.#where === 'after') this.#fail('there is text after the array')
    else if (byte === arrayStart) this.#where = 'inside'
    else this.#fail('it does not begin with "["')
  }

  #scanString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false
    else if (byte === backslash) this.#isEscaped = true
    else if (byte === quote) this.#isInString = false
  }

  /** Scans between elements, and within numbers and literals. */
  #scanArray(byte: number, chunk: Uint8Array, chunkOffset: number): void {
    if (byte === comma || byte === arrayEnd) this.#endElement(byte, chunk, chunkOffset)
    else if (!isWhiteSpace(byte)) {
      this.#begun ??= { offset: this.#offset, line: this.#line }
      this.#scanElement(byte)
    }
  }

  #scanElement(byte: number): void {
    if (byte === quote) this.#isInString = true
    else if (byte === arrayStart || byte === objectStart) this.#depth++
    else if ((byte === arrayEnd || byte === objectEnd) && this.#depth > 0) this.#depth--
  }

  #endElement(byte: number, chunk: Uint8Array, chunkOffset: number): void {
    const isLast = byte === arrayEnd
    if (this.#begun) {
      const start = Math.max(0, this.#begun.offset - chunkOffset)
      this.#keep(chunk.subarray(start, this.#offset - chunkOffset))
      this.#found.push({ number: ++this.count, line: this.#begun.line, bytes: this.#kept })
      this.#begun = undefined
      this.#kept = new Uint8Array(0)
    } else if (!isLast || this.#isAfterComma) {
      this.#fail(`a value is missing before "${String.fromCharCode(byte)}"`)
      return
    }
    this.#isAfterComma = !isLast
    if (isLast) this.#where = 'after'
  }

  #keep(bytes: Uint8Array): void {
    if (this.#kept === undefined) return
    const isTooLong = this.#kept.length + bytes.length > this.#elementBytesMax
    this.#kept = isTooLong ? undefined : joined(this.#kept, bytes)
  }

  #fail(
    reason: string,
    { offset, line }: Place = { offset: this.#offset, line: this.#line },
  ): void {
    this.flaw ??= { reason, offset, line }
  }
}

function isWhiteSpace(byte: number): boolean {
  return byte === 0x20 || byte === lineFeed || byte === 0x0d || byte === 0x09
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  return first.length === 0 ? second : Buffer.concat([first, second])
}
