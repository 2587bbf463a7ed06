import type { DatabaseSync } from 'node:sqlite'
import { read } from '@marquee/sql/sqlite/sqlite'
import type { ScoringRules } from '../scoring.ts'
import type { Row } from './aggregate-row.ts'
import {
  createStepCounter,
  type PeriodCounts,
  type PeriodTimes,
  type StepCount,
} from './period-counts.ts'
import { recordNumberOf } from './sqlite-tables.ts'

/**
 * Counts the rows of `rating` here, because grouping them in SQLite takes twice as long.
 *
 * @param shownRules Returns the rules of the state that `read` shows.
 */
export function createSqlitePeriods(
  db: DatabaseSync,
  shownRules: () => ScoringRules,
): PeriodCounts {
  const slice = db.prepare(
    `SELECT record_number, user_id, step, coalesce(rated_time_ms, update_time_ms) AS time_ms
     FROM rating WHERE (record_number, user_id) > (?, ?) ORDER BY record_number, user_id LIMIT ?`,
  )
  const name = db.prepare('SELECT record_type, record_id FROM aggregate WHERE record_number = ?')

  function countsOf(rows: readonly Row[], times: PeriodTimes): StepCount[] {
    const counter = createStepCounter(times)
    const counts: StepCount[] = []
    for (const [index, row] of rows.entries()) {
      counter.add(row.step as number, row.time_ms as number)
      const recordNumber = recordNumberOf(row)
      const isLast = rows[index + 1]?.record_number !== recordNumber
      if (!isLast || counter.isEmpty()) continue
      const named = name.get(recordNumber) as Row
      const [recordType, recordId] = [named.record_type as string, named.record_id as string]
      counts.push(...counter.take({ recordType, recordId }))
    }
    return counts
  }

  return {
    async countPeriods(times, { record, userId }, size) {
      return read(db, () => {
        const rows = slice.all(record, userId, size)
        const last = rows.length < size ? undefined : rows.at(-1)
        const next = last && { record: recordNumberOf(last), userId: last.user_id as string }
        return { counts: countsOf(rows, times), next, rules: shownRules() }
      })
    },
  }
}
