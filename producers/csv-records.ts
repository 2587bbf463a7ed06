import { parse } from 'csv-parse/sync'
import { type Line, lineBytesMax, readRawLines, withoutReturn } from './lines.ts'

/** Maximum number of lines of one record. A title has at most 500 characters. */
const recordLinesMax = 512

/**
 * Reads the records of a CSV text (RFC 4180), as lines with the number of their first one. A quoted
 * value may contain line breaks. A quote that is not closed costs one line, and not the rest of the
 * file: when the lines after it do not complete the record, they are read as records of their own.
 */
export async function* readCsvRecords(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line[]> {
  let open: readonly Line[] = []
  for await (const lines of readRawLines(chunks)) {
    const records: Line[] = []
    for (const line of lines) open = add(open, line, records)
    if (records.length > 0) yield records
  }
  const rest: Line[] = []
  while (open.length > 0) open = giveUp(open, rest)
  if (rest.length > 0) yield rest
}

/** Adds a line to the lines of a record that is not complete. Returns those that still are not. */
function add(open: readonly Line[], line: Line, records: Line[]): readonly Line[] {
  const isOpen = open.length > 0
  if (line.text === undefined || !isOpen) {
    if (isOpen) return addAll(giveUp(open, records), [line], records)
    if (line.text !== undefined && isOdd(line.text)) return [line]
    if (line.text?.trim() !== '') records.push(withoutReturn(line))
    return []
  }
  const lines = [...open, line]
  if (!isOdd(line.text)) return lines.length < recordLinesMax ? lines : giveUp(lines, records)
  const text = lines.map((each) => each.text).join('\n')
  const isRecord = Buffer.byteLength(text) <= lineBytesMax && splitCsv(text) !== undefined
  if (!isRecord) return giveUp(lines, records)
  records.push(withoutReturn({ number: lines[0]?.number ?? line.number, text }))
  return []
}

function addAll(open: readonly Line[], lines: readonly Line[], records: Line[]): readonly Line[] {
  return lines.reduce((pending, line) => add(pending, line, records), open)
}

/** Returns the first line as a record of its own, which has an open quote, and adds the others. */
function giveUp([first, ...others]: readonly Line[], records: Line[]): readonly Line[] {
  if (first !== undefined) records.push(withoutReturn(first))
  return addAll([], others, records)
}

/** Returns whether a text has an odd number of quotes: a quoted value begins and does not end. */
function isOdd(text: string): boolean {
  let count = 0
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) count++
  return count % 2 === 1
}

/** Returns the values of one record, or `undefined` when a quote is not closed or misplaced. */
export function splitCsv(record: string): string[] | undefined {
  if (!record.includes('"')) return record.split(',')
  try {
    const [values, ...more] = parse(record)
    return more.length === 0 ? values : undefined
  } catch {
    return undefined
  }
}

/** Returns one record of a CSV text, with its line end. */
export function joinCsv(values: readonly string[]): string {
  return `${values.map(quote).join(',')}\n`
}

function quote(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}
