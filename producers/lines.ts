import { decodeUtf8, withoutByteOrderMark } from './utf8.ts'

/** Maximum length of a line, in bytes. No supported format has longer lines. */
export const lineBytesMax = 256 * 1024

/** Reason why a line cannot be read. */
export type LineFault = 'too long' | 'not UTF-8'

/** A line of a text without its line end, or the reason why it cannot be read. */
export type Line = { readonly number: number } & Content

type Content =
  | { readonly text: string; readonly fault?: undefined }
  | { readonly text?: undefined; readonly fault: LineFault }

const lineFeed = 0x0a
const noBytes = new Uint8Array(0)

/**
 * Reads the lines of a UTF-8 text, in one batch per chunk, so that lines of a slow source are not
 * delayed. Lines end with LF or CRLF. Numbers start at 1. Blank lines are counted but not returned.
 * A line that is too long or not UTF-8 is returned with its fault, and the next one is complete.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line[]> {
  for await (const lines of readRawLines(chunks)) {
    const kept = lines.filter(({ text }) => text?.trim() !== '').map(withoutReturn)
    if (kept.length > 0) yield kept
  }
}

/** Returns a line without the CR of its line end. */
export function withoutReturn(line: Line): Line {
  return line.text?.endsWith('\r') ? { ...line, text: line.text.slice(0, -1) } : line
}

/** Reads lines as `readLines` does, with the CR of their ends, and with the blank ones. */
export async function* readRawLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line[]> {
  let rest = noBytes
  let isTooLong = false
  let number = 0
  const toLines = (contents: readonly Content[]): Line[] => {
    return contents.map((content) => ({ number: ++number, ...content }))
  }
  /** Returns the lines of the pending bytes and the block. A line end follows the block. */
  const complete = (block: Uint8Array): Content[] => {
    const contents = contentsOf(rest.length === 0 ? block : Buffer.concat([rest, block]))
    if (isTooLong) contents[0] = { fault: 'too long' }
    rest = noBytes
    isTooLong = false
    return contents
  }
  for await (const chunk of withoutByteOrderMark(chunks)) {
    const end = chunk.lastIndexOf(lineFeed)
    if (end >= 0) {
      const lines = toLines(complete(chunk.subarray(0, end)))
      if (lines.length > 0) yield lines
    }
    if (isTooLong) continue
    rest = Buffer.concat([rest, chunk.subarray(end + 1)])
    isTooLong = rest.length > lineBytesMax
    if (isTooLong) rest = noBytes
  }
  const last = rest.length > 0 || isTooLong ? toLines(complete(noBytes)) : []
  if (last.length > 0) yield last
}

/**
 * Returns the contents of the lines of a block. Decodes the lines one by one only when one of them
 * has a fault.
 */
function contentsOf(block: Uint8Array): Content[] {
  const text = decodeUtf8(block)
  if (text !== undefined) return text.split('\n').map(toContent)
  return splitLines(block).map((bytes) => {
    const line = decodeUtf8(bytes)
    return line === undefined ? { fault: 'not UTF-8' } : toContent(line)
  })
}

function toContent(line: string): Content {
  // A UTF-16 unit takes one to three bytes.
  const mayBeTooLong = line.length * 3 > lineBytesMax
  if (mayBeTooLong && Buffer.byteLength(line) > lineBytesMax) return { fault: 'too long' }
  return { text: line }
}

function splitLines(block: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = []
  let start = 0
  for (let end = block.indexOf(lineFeed); end >= 0; end = block.indexOf(lineFeed, start)) {
    lines.push(block.subarray(start, end))
    start = end + 1
  }
  lines.push(block.subarray(start))
  return lines
}
