import { type Outcome, refused } from './catalogue/outcome.ts'
import type { Input } from './input.ts'
import { readJsonArray } from './json-array.ts'
import { type Line, lineBytesMax, readLines } from './lines.ts'
import { formatCount } from './summary.ts'
import { notUtf8 } from './utf8.ts'

/** Maximum size of an array element, in bytes. A movie has about 500. */
const elementBytesMax = 256 * 1024

const faults = {
  'too long': `it is longer than ${formatCount(lineBytesMax)} bytes`,
  'not UTF-8': notUtf8,
}

/** An outcome, with its place in the file, such as "line 7". */
export interface Placed<T> {
  readonly where: string
  readonly outcome: Outcome<T>
}

export type Source = Pick<Input, 'name' | 'chunks'>

/**
 * Reads the lines of a file after the first one, which is its header.
 * @param readHeader Returns the function that reads the other lines. Throws when the header is not
 *   of this format. Receives `undefined` for an empty file.
 * @param readRecords Reads the lines, such as `readCsvRecords`, whose lines are records. Default:
 *   `readLines`.
 */
export async function* readLineItems<T>(
  source: Source,
  readHeader: (header: Line | undefined) => (line: string) => Outcome<T>,
  readRecords: (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Line[]> = readLines,
): AsyncGenerator<Placed<T>[]> {
  let read: ((line: string) => Outcome<T>) | undefined
  for await (const lines of readRecords(source.chunks)) {
    const rest = read === undefined ? lines.slice(1) : lines
    const readLine = read ?? readHeader(lines[0])
    yield rest.map(({ number, text, fault }) => ({
      where: `line ${number}`,
      outcome: text === undefined ? refused(faults[fault]) : readLine(text),
    }))
    read = readLine
  }
  if (read === undefined) readHeader(undefined)
}

/** Reads the elements of a file that is one JSON array. */
export async function* readElementItems<T>(
  source: Source,
  read: (element: unknown) => Outcome<T>,
): AsyncGenerator<Placed<T>[]> {
  for await (const elements of readJsonArray(source, elementBytesMax)) {
    yield elements.map(({ where, text, fault }) => {
      return { where, outcome: text === undefined ? refused(fault) : readJson(text, read) }
    })
  }
}

/** Returns a line in quotes, shortened for a message. */
export function shortLine({ text }: Line): string {
  return JSON.stringify(text?.slice(0, 120) ?? '…')
}

function readJson<T>(text: string, read: (element: unknown) => Outcome<T>): Outcome<T> {
  try {
    return read(JSON.parse(text))
  } catch (error) {
    if (error instanceof SyntaxError) return refused('it is not JSON')
    throw error
  }
}
