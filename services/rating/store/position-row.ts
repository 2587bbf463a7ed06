import type { EventMark, StoredPosition } from './port.ts'

/** A row of the table `position`, in SQLite and PostgreSQL alike. */
export function toStoredPosition(row: Readonly<Record<string, unknown>>): StoredPosition {
  return {
    partition: row.partition as number,
    offset: row.next_offset as number,
    lastEvent: toMark(row.last_offset, row.last_digest),
  }
}

function toMark(offset: unknown, digest: unknown): EventMark | undefined {
  if (typeof offset !== 'number' || typeof digest !== 'string') return undefined
  return { offset, digest }
}
