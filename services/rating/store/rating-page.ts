import type { ScoringRules } from '../scoring.ts'
import { type Row, toRating } from './aggregate-row.ts'
import type { RatingPage, UserPosition } from './rating-lists.ts'

/** Returns the page of rows that were read with a limit one higher, to see whether more follow. */
export function toPage<Position>(
  rows: readonly Row[],
  limit: number,
  rules: ScoringRules,
  positionOf: (row: Row) => Position,
): RatingPage<Position> {
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return {
    ratings: shown.map((row) => toRating(row, rules)),
    next: last && positionOf(last),
  }
}

export function userPositionOf(row: Row): UserPosition {
  return {
    updateTimeMs: row.update_time_ms as number,
    recordNumber: row.record_number as number,
  }
}
