import { type AggregateState, neverRated, type RecordRef, recordKey } from '../rating.ts'
import type { ScoringRules } from '../scoring.ts'
import { type Row, toState } from './aggregate-row.ts'
import type { ChangePosition, ChangesOptions, ChangesPage } from './port.ts'

/** Greatest number that rows may have. A greater one of a client is too long for a database. */
export const numberMax = Number.MAX_SAFE_INTEGER

/** Returns the values of a position, for a comparison with revision and record number. */
export function positionValues({ revision, place }: ChangePosition): [number, number] {
  return [Math.min(revision, numberMax), Math.min(place, numberMax)]
}

/** Returns the states of the records in their order, from the rows of those that have one. */
export function statesOf(
  records: readonly RecordRef[],
  rows: readonly Row[],
  rules: ScoringRules,
): AggregateState[] {
  const found = new Map(rows.map((row) => [recordKey(toRef(row)), row]))
  return records.map((record) => {
    const row = found.get(recordKey(record))
    return row === undefined ? neverRated(record) : toState(row, rules)
  })
}

/** Returns a page from the `limit` rows after its position. */
export function changesPage(
  rows: readonly Row[],
  { recordType, limit }: ChangesOptions,
  rules: ScoringRules,
): Pick<ChangesPage, 'states' | 'next'> {
  const wanted = rows.filter((row) => recordType === undefined || row.record_type === recordType)
  const last = rows.length < limit ? undefined : rows.at(-1)
  const states = wanted.map((row) => toState(row, rules))
  if (last === undefined) return { states, next: undefined }
  const [revision, place] = [last.revision as number, last.record_number as number]
  return { states, next: { revision, place } }
}

function toRef(row: Row): RecordRef {
  return { recordType: row.record_type as string, recordId: row.record_id as string }
}
