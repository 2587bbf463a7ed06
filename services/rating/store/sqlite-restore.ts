import type { DatabaseSync } from 'node:sqlite'
import { write } from '@marquee/sql/sqlite/sqlite'
import type { RecordRef, WriteStamp } from '../rating.ts'
import { type ScoringRules, scoringFor } from '../scoring.ts'
import { foldChanges, type RecordEdit, type StoredRecord } from './change-batch.ts'
import type { RatingState } from './outbox.ts'
import { type AggregateStamp, greatestRevision, type Restore, stampsOf } from './restore.ts'
import { aggregateValues, type prepareStatements, recordNumberOf } from './sqlite-tables.ts'

interface NumberedRecord extends StoredRecord {
  /** `undefined` when nobody has ever rated the record. */
  readonly recordNumber: number | undefined
  /** Time of the last put, by user id, of the ratings that `step` has found. */
  readonly times: ReadonlyMap<string, number>
}

export interface SqliteRestoreOptions {
  readonly sql: ReturnType<typeof prepareStatements>
  readonly find: (record: RecordRef) => NumberedRecord
  /** Returns the rules of the transaction. */
  readonly refreshRules: () => ScoringRules
}

export function createSqliteRestore(db: DatabaseSync, options: SqliteRestoreOptions): Restore {
  const { sql, find, refreshRules } = options
  const restoring = prepare(db)

  function ratings(states: readonly RatingState[]): void {
    const stamps = stampsOf(states)
    for (const edit of foldChanges(stamps.changes, find, refreshRules()).edits) {
      if (!edit.written && edit.stored.recordNumber === undefined) continue
      const recordNumber = saveAggregate(edit, stamps.ofRecord(edit.record))
      for (const [userId, { before, after, ratedTimeMs = null }] of edit.ratings) {
        const { revision, updateTimeMs } = stamps.ofRating(edit.record, userId)
        const formerTimeMs = edit.stored.times.get(userId)
        if (formerTimeMs !== undefined) restoring.unlist.run(userId, formerTimeMs, recordNumber)
        if (after !== undefined) {
          sql.putRating.run(recordNumber, userId, after, revision, updateTimeMs, ratedTimeMs)
          restoring.list.run(userId, updateTimeMs, recordNumber)
        } else if (before !== undefined) sql.deleteRating.run(recordNumber, userId)
      }
    }
    sql.advanceTo.run(stamps.revision)
  }

  function saveAggregate(
    { record, scoring, histogram }: RecordEdit<StoredRecord>,
    stamp: WriteStamp,
  ): number {
    const row = aggregateValues(histogram, scoring, stamp)
    const { recordType, recordId } = record
    return recordNumberOf(restoring.saveAggregate.get(...row, recordType, recordId))
  }

  function saveStamps(stamps: readonly AggregateStamp[]): void {
    const rules = refreshRules()
    for (const stamp of stamps) {
      const scoring = scoringFor(rules, stamp.recordType)
      const zeros = scoring.scale.values.map(() => 0)
      const row = aggregateValues(zeros, scoring, stamp)
      restoring.saveStamp.run(...row, stamp.recordType, stamp.recordId)
    }
    sql.advanceTo.run(greatestRevision(stamps))
  }

  return {
    ratings: (states) => write(db, () => ratings(states)),
    stamps: (stamps) => write(db, () => saveStamps(stamps)),
  }
}

function prepare(db: DatabaseSync) {
  const insert = `INSERT INTO aggregate (histogram, count, bayesian_score, prior_mean, prior_weight,
      revision, update_time_ms, record_type, record_id)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (record_type, record_id) DO UPDATE SET`
  return {
    saveAggregate: db.prepare(
      `${insert} histogram = excluded.histogram, count = excluded.count,
         bayesian_score = excluded.bayesian_score, prior_mean = excluded.prior_mean,
         prior_weight = excluded.prior_weight, revision = max(revision, excluded.revision),
         update_time_ms = max(update_time_ms, excluded.update_time_ms)
       RETURNING record_number`,
    ),
    list: db.prepare('INSERT INTO rating_by_user VALUES (?, ?, ?)'),
    unlist: db.prepare(
      'DELETE FROM rating_by_user WHERE user_id = ? AND update_time_ms = ? AND record_number = ?',
    ),
    saveStamp: db.prepare(
      `${insert} revision = excluded.revision, update_time_ms = excluded.update_time_ms`,
    ),
  }
}
