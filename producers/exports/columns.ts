import { type Outcome, refused } from '../catalogue/outcome.ts'
import { readCsvRecords, splitCsv } from '../csv-records.ts'
import type { Line } from '../lines.ts'
import { type Placed, readLineItems, type Source, shortLine } from '../placed.ts'

/** A row of a CSV file: a function that returns the text of a column, "" for an absent column. */
export type Row<Name extends string> = (column: Name) => string

export interface Columns<Name extends string> {
  /** Columns without which a file is not of this format. */
  readonly required: readonly Name[]
  readonly optional: readonly Name[]
}

/** Names of the columns of a file. */
export type ColumnOf<C extends Columns<string>> = C['required' | 'optional'][number]

/** Returns whether a first line has all required columns. The order and others do not matter. */
export function hasColumns(line: string | undefined, { required }: Columns<string>): boolean {
  const names = line === undefined ? [] : namesOf(line)
  return required.every((name) => names.includes(name))
}

/** Reads the rows of a CSV file. Throws an `Error` when it does not have the required columns. */
export function readRows<Name extends string, T>(
  source: Source,
  columns: Columns<Name>,
  read: (row: Row<Name>) => Outcome<T>,
): AsyncIterable<Placed<T>[]> {
  const readHeader = (header: Line | undefined) => readColumns(source.name, header, columns, read)
  return readLineItems(source, readHeader, readCsvRecords)
}

function readColumns<Name extends string, T>(
  fileName: string,
  header: Line | undefined,
  columns: Columns<Name>,
  read: (row: Row<Name>) => Outcome<T>,
): (line: string) => Outcome<T> {
  if (!hasColumns(header?.text, columns)) {
    const found = header === undefined ? 'it is empty' : `it is ${shortLine(header)}`
    const wanted = columns.required.join(', ')
    throw new Error(`the first line of ${fileName} should have the columns ${wanted}, but ${found}`)
  }
  const names = namesOf(header?.text ?? '')
  const places = new Map(
    [...columns.required, ...columns.optional].map((c) => [c, names.indexOf(c)]),
  )
  return (line) => {
    const fields = splitCsv(line)
    if (fields === undefined) return refused('a quote is not closed, or is in the wrong place')
    if (fields.length !== names.length) {
      return refused(`it has ${fields.length} fields, not ${names.length}`)
    }
    return read((column) => fields[places.get(column) ?? -1] ?? '')
  }
}

function namesOf(line: string): string[] {
  return (splitCsv(line) ?? []).map((name) => name.trim())
}
