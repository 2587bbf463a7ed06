import type { DatabaseSync } from 'node:sqlite'
import { read } from '@marquee/sql/sqlite/sqlite'
import type { Aggregate } from '../rating.ts'
import type { Row } from './aggregate-row.ts'
import type { TopOptions, TopPosition } from './port.ts'
import { columns } from './sqlite-tables.ts'
import type { TopIndex, TopSlice } from './top.ts'

/**
 * Reads two ranges of the index one after the other: the rest of the position's score, and the
 * lower scores. SQLite cannot seek in an index by a descending and an ascending column together,
 * and would sort the union of two ranges.
 */
export function createSqliteTop(
  db: DatabaseSync,
  toAggregates: (rows: readonly Row[]) => Aggregate[],
): TopIndex {
  const tied = prepareRange(db, 'bayesian_score = $score AND record_id > $id')
  const lower = prepareRange(db, 'bayesian_score < $score')

  function slice({ recordType, countMin, limit, after }: TopOptions, size: number): TopSlice {
    const { bayesianScore: score, recordId: id } = after ?? start
    const [below, beside] = [
      { $type: recordType, $score: score },
      { $type: recordType, $score: score, $id: id },
    ]
    const count = tied.count.get({ ...beside, $size: size })?.count as number
    const rest = size - count
    const rows = count === 0 ? [] : tied.found.all({ ...beside, ...bound(count, limit, countMin) })
    if (rest > 0) {
      rows.push(...lower.found.all({ ...below, ...bound(rest, limit - rows.length, countMin) }))
    }
    const aggregates = toAggregates(rows)
    if (aggregates.length === limit) return { aggregates, end: undefined }
    const end =
      rest > 0
        ? lower.end.get({ ...below, $offset: rest - 1 })
        : tied.end.get({ ...beside, $offset: count - 1 })
    return { aggregates, end: end && toPosition(end) }
  }

  return { slice: (options, size) => read(db, () => slice(options, size)) }
}

/** Position before everything. */
const start: TopPosition = { bayesianScore: Number.POSITIVE_INFINITY, recordId: '' }

function bound(size: number, limit: number, countMin: number) {
  return { $size: size, $limit: limit, $countMin: countMin }
}

function prepareRange(db: DatabaseSync, range: string) {
  const order = 'bayesian_score DESC, record_id'
  const walked = (columns: string, limit: string) =>
    `SELECT ${columns} FROM aggregate WHERE record_type = $type AND ${range} AND count > 0
     ORDER BY ${order} LIMIT ${limit}`
  return {
    count: db.prepare(`SELECT count(*) AS count FROM (${walked('1', '$size')})`),
    // Sorts after the records with too few ratings are omitted, which needs only the index.
    found: db.prepare(
      `SELECT ${columns} FROM (
         ${walked('record_number AS number, count AS walked_count', '$size')}
       ) CROSS JOIN aggregate ON record_number = number
       WHERE walked_count >= $countMin ORDER BY ${order} LIMIT $limit`,
    ),
    end: db.prepare(walked('bayesian_score, record_id', '1 OFFSET $offset')),
  }
}

function toPosition(row: Readonly<Record<string, unknown>>): TopPosition {
  return { bayesianScore: row.bayesian_score as number, recordId: row.record_id as string }
}
