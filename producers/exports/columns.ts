import { splitCsv } from '../catalogue/movielens.ts'
import { type Outcome, refused } from '../catalogue/outcome.ts'
import type { Line } from '../lines.ts'
import { shortLine } from '../placed.ts'

/** A row of a CSV file: a function that returns the text of a column, "" for an absent column. */
export type Row<Name extends string> = (column: Name) => string

export interface Columns<Name extends string> {
  /** Columns without which a file is not of this format. */
  readonly required: readonly Name[]
  readonly optional: readonly Name[]
}

/** Returns whether a first line has all required columns. The order and others do not matter. */
export function hasColumns(line: string | undefined, { required }: Columns<string>): boolean {
  const names = line === undefined ? [] : namesOf(line)
  return required.every((name) => names.includes(name))
}

/**
 * Reads the header of a CSV file. Returns the function that reads a line of it.
 * @param fileName Name of the file, for the `Error` that a header without a required column throws.
 */
export function readColumns<Name extends string, T>(
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
    return read((column) => fields[places.get(column) ?? -1]?.trim() ?? '')
  }
}

function namesOf(line: string): string[] {
  return (splitCsv(line) ?? []).map((name) => name.trim())
}
