import type { Query } from '@marquee/sql/postgres/connection'
import type { Postgres } from '@marquee/sql/postgres/postgres'
import { type RecordRef, recordKey } from '../rating.ts'
import { type ScoringRules, scoringFor } from '../scoring.ts'
import { replaceRating } from './aggregate-row.ts'
import type { RecordEdit } from './change-batch.ts'
import { foldChanges } from './change-batch.ts'
import type { RatingState } from './outbox.ts'
import { writing } from './postgres-tables.ts'
import {
  aggregateColumns,
  type LockedRecord,
  lockRecords,
  recordColumns,
  requireTexts,
  StaleRulesError,
  unrated,
} from './postgres-write.ts'
import {
  type AggregateStamp,
  greatestRevision,
  type Restore,
  type Stamps,
  stampsOf,
} from './restore.ts'

export interface PostgresRestoreOptions {
  readonly db: Postgres
  /** Returns the rules as last read, and their epoch. */
  readonly known: () => { readonly rules: ScoringRules; readonly epoch: number }
  /** Repeats the write when another process has changed the rules. */
  readonly withRules: <T>(write: () => Promise<T>) => Promise<T>
}

export function createPostgresRestore({ db, known, withRules }: PostgresRestoreOptions): Restore {
  async function advanceTo(query: Query, revision: number): Promise<void> {
    const rows = await query(restoring.advanceTo, [revision, known().epoch])
    if (rows.length === 0) throw new StaleRulesError('another process has changed the rules')
  }

  async function ratings(query: Query, states: readonly RatingState[]): Promise<void> {
    const stamps = stampsOf(states)
    requireTexts(stamps.changes)
    const records = await lockRecords(query, stamps.changes)
    const find = (record: RecordRef) => records.get(recordKey(record)) ?? unrated
    const { edits } = foldChanges(stamps.changes, find, known().rules)
    const found = edits.filter(({ stored }) => stored.recordNumber !== undefined)
    await saveRatings(query, found, stamps)
    const last = found.map(({ record }) => stamps.ofRecord(record))
    await query(restoring.saveAggregates, [
      ...aggregateColumns(found),
      last.map(({ revision }) => revision),
      last.map(({ updateTimeMs }) => updateTimeMs),
    ])
    await advanceTo(query, stamps.revision)
  }

  async function saveStamps(query: Query, stamps: readonly AggregateStamp[]): Promise<void> {
    const last = new Map(stamps.map((stamp) => [recordKey(stamp), stamp]))
    const unique = [...last.values()]
    const scorings = unique.map(({ recordType }) => scoringFor(known().rules, recordType))
    await query(restoring.saveStamps, [
      ...recordColumns(unique),
      scorings.map(({ scale }) => `{${scale.values.map(() => 0).join()}}`),
      scorings.map(({ prior }) => prior.mean),
      scorings.map(({ prior }) => prior.weight),
      unique.map(({ revision }) => revision),
      unique.map(({ updateTimeMs }) => updateTimeMs),
    ])
    await advanceTo(query, greatestRevision(stamps))
  }

  return {
    ratings: (states) => withRules(() => db.transaction((query) => ratings(query, states))),
    stamps: (stamps) => withRules(() => db.transaction((query) => saveStamps(query, stamps))),
  }
}

type Edit = RecordEdit<LockedRecord>

async function saveRatings(query: Query, edits: readonly Edit[], stamps: Stamps): Promise<void> {
  const put: unknown[][] = [[], [], [], [], [], []]
  const gone: [unknown[], string[]] = [[], []]
  for (const { record, stored, ratings } of edits) {
    for (const [userId, { before, after, ratedTimeMs = null }] of ratings) {
      if (after !== undefined) {
        const { revision, updateTimeMs } = stamps.ofRating(record, userId)
        const row = [stored.recordNumber, userId, after, ratedTimeMs, revision, updateTimeMs]
        for (const [index, column] of put.entries()) column.push(row[index])
      } else if (before !== undefined) {
        gone[0].push(stored.recordNumber)
        gone[1].push(userId)
      }
    }
  }
  await query(restoring.putRatings, put)
  await query(writing.deleteRatings, gone)
}

const restoring = {
  advanceTo: {
    text: `UPDATE scoring SET revision = greatest(revision, $1::bigint) WHERE epoch = $2
      RETURNING revision`,
  },
  putRatings: {
    text: `INSERT INTO rating (record_number, user_id, step, rated_time_ms, revision, update_time_ms)
      SELECT * FROM unnest($1::bigint[], $2::text[], $3::smallint[], $4::bigint[], $5::bigint[],
        $6::bigint[])
      ${replaceRating}`,
  },
  saveAggregates: {
    text: `UPDATE aggregate SET histogram = new.histogram::integer[], count = new.count,
        bayesian_score = new.bayesian_score, prior_mean = new.prior_mean,
        prior_weight = new.prior_weight, revision = greatest(aggregate.revision, new.revision),
        update_time_ms = greatest(aggregate.update_time_ms, new.update_time_ms)
      FROM unnest($1::bigint[], $2::text[], $3::integer[], $4::double precision[],
          $5::double precision[], $6::double precision[], $7::bigint[], $8::bigint[])
        AS new (record_number, histogram, count, bayesian_score, prior_mean, prior_weight, revision,
          update_time_ms)
      WHERE aggregate.record_number = new.record_number`,
  },
  saveStamps: {
    text: `INSERT INTO aggregate (record_type, record_id, histogram, prior_mean, prior_weight,
        revision, update_time_ms)
      SELECT record_type, record_id, histogram::integer[], prior_mean, prior_weight, revision,
        update_time_ms
      FROM unnest($1::text[], $2::text[], $3::text[], $4::double precision[],
          $5::double precision[], $6::bigint[], $7::bigint[])
        AS new (record_type, record_id, histogram, prior_mean, prior_weight, revision,
          update_time_ms)
      ORDER BY record_type COLLATE "C", record_id COLLATE "C"
      ON CONFLICT (record_type, record_id) DO UPDATE SET revision = excluded.revision,
        update_time_ms = excluded.update_time_ms`,
  },
}
