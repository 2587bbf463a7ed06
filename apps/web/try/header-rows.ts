import type { HttpHeader } from './call.ts'

/** A header of a call, as a person edits it. */
export interface HeaderRow {
  readonly name: string
  readonly value: string
  /** A row that is off is kept and not sent. */
  readonly isOn: boolean
}

/** A token, RFC 9110 §5.6.2. */
const token = /^[\w!#$%&'*+.^`|~-]+$/

/** The headers of the rows that are on and valid, in lower case. */
export function headersOf(rows: readonly HeaderRow[]): HttpHeader[] {
  return rows
    .filter((row) => row.isOn && row.name.trim() !== '' && rowProblem(row) === undefined)
    .map(({ name, value }): HttpHeader => [name.trim().toLowerCase(), value.trim()])
}

/** Why the row cannot be sent, or `undefined`. */
export function rowProblem({ name, value }: HeaderRow): string | undefined {
  if (name.trim() === '' && value.trim() === '') return undefined
  if (!token.test(name.trim())) return 'Write a name without spaces, such as x-request-id.'
  return /^[\t\x20-\x7e]*$/.test(value) ? undefined : 'Use only visible ASCII characters.'
}

/** The rows with this bearer token in `authorization` (RFC 6750 §2.1). */
export function withBearer(rows: readonly HeaderRow[], secret: string): HeaderRow[] {
  const others = rows.filter(({ name }) => name.trim().toLowerCase() !== 'authorization')
  const value = `Bearer ${secret.trim()}`
  return secret.trim() === '' ? others : [...others, { name: 'authorization', value, isOn: true }]
}

/** The rows that were saved; what is no row is left out. */
export function parseHeaderRows(json: unknown): readonly HeaderRow[] {
  const rows = Array.isArray(json) ? json : []
  return rows.filter(
    (row): row is HeaderRow =>
      typeof row?.name === 'string' &&
      typeof row.value === 'string' &&
      typeof row.isOn === 'boolean',
  )
}
