import { Refusal } from './refusal.ts'

const lineFeed = 0x0a
const carriageReturn = 0x0d
const emptyLine = Buffer.from('\r\n\r\n', 'latin1')
/** Initial size of the buffer. Most heads are shorter. */
const firstBytes = 1024

/**
 * Returns where the last line of a header or trailer section ends and the empty line follows, or -1
 * (RFC 9112 §2.1).
 */
export function sectionEnd(bytes: Buffer, from: number): number {
  return bytes.indexOf(emptyLine, from)
}

/** A header or trailer section that arrives in pieces, and the bytes after it. */
export class PartialSection {
  readonly #bytesMax: number
  #buffer = Buffer.allocUnsafe(firstBytes)
  #length = 0

  /** @param bytesMax Maximum size. A longer section gets a 431. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  /**
   * Adds bytes. Returns `sectionEnd` of everything that has arrived. Throws a `Refusal` when the
   * section cannot end or is too long.
   */
  add(bytes: Buffer): number {
    const before = this.#length
    this.#makeRoom(before + bytes.length)
    bytes.copy(this.#buffer, before)
    this.#length = before + bytes.length
    const end = sectionEnd(this.bytes, Math.max(0, before - emptyLine.length + 1))
    if (end >= 0) return end
    if (hasBareLineFeed(this.bytes, before)) throw new Refusal(400, 'invalid line end: send CRLF')
    if (this.#length > this.#bytesMax)
      throw new Refusal(431, 'headers too large: send fewer or shorter ones')
    return end
  }

  #makeRoom(bytes: number): void {
    if (bytes <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(bytes, 2 * this.#buffer.length))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}

/** Returns whether a line ends with LF alone, at or after `from`. Such a section never ends. */
function hasBareLineFeed(bytes: Buffer, from: number): boolean {
  for (let at = bytes.indexOf(lineFeed, from); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) {
    if (bytes[at - 1] !== carriageReturn) return true
  }
  return false
}
