import type { DatabaseSync } from 'node:sqlite'
import { read, write } from '@marquee/sql/sqlite/sqlite'
import type { WriteStamp } from '../rating.ts'
import type { ScoringRules } from '../scoring.ts'
import { type Row, stampOf, toProgress, toRating } from './aggregate-row.ts'
import type { RecordEdit, StoredRecord } from './change-batch.ts'
import { positionValues } from './changes.ts'
import {
  decodeChanges,
  encodeChanges,
  encodeNames,
  type FeedProgress,
  type Lease,
  type Outbox,
  OutboxFullError,
  outboxBytesMax,
  type Published,
  placeValues,
  type RatingState,
  type RatingsPage,
  type Unpublished,
} from './outbox.ts'
import type { ChangePosition } from './port.ts'
import type { RatingPlace } from './rating-lists.ts'
import { ratingColumns } from './sqlite-tables.ts'

export interface SqliteOutboxOptions {
  readonly clock: () => number
  readonly bytesMax?: number
  /** Returns the rules of the state that `read` shows. */
  readonly shownRules: () => ScoringRules
  /** Advances the revision of the store, within a write. */
  readonly advance: () => number
}

export interface SqliteOutbox extends Outbox {
  /** Adds a write, within its transaction. Throws an OutboxFullError. */
  add(edits: readonly RecordEdit<StoredRecord>[], stamp: WriteStamp): void
}

export function createSqliteOutbox(db: DatabaseSync, options: SqliteOutboxOptions): SqliteOutbox {
  const { clock, shownRules, bytesMax = outboxBytesMax } = options
  const sql = prepare(db)

  /** Adds a write when the store is published. */
  function insert(encode: () => string, stamp: WriteStamp, isRepeat: boolean): void {
    const { target, outbox_size: sizeBefore } = sql.feed.get() as Row
    if (target === null) return
    if ((sizeBefore as number) >= bytesMax && !isRepeat) throw new OutboxFullError()
    const changes = encode()
    const size = Buffer.byteLength(changes)
    sql.insert.run(stamp.revision, stamp.updateTimeMs, changes, size, Number(isRepeat))
    sql.setSize.run((sizeBefore as number) + size)
  }

  function isHolder(holder: string): boolean {
    const row = sql.feed.get() as Row
    return row.holder === holder && (row.lease_end_ms as number) > clock()
  }

  function claim({ holder, durationMs }: Lease): FeedProgress | undefined {
    const now = clock()
    const { changes } = sql.claim.run(holder, now + durationMs, holder, now)
    return changes === 0 ? undefined : toProgress(sql.feed.get() as Row)
  }

  function begin(holder: string, target: string): boolean {
    if (!isHolder(holder)) return false
    sql.begin.run(target)
    return true
  }

  function save({ holder, durationMs }: Lease, published: Published): boolean {
    if (!isHolder(holder)) return false
    const { through, pass, aggregates } = published
    if (through !== undefined) {
      sql.shrink.run(through)
      sql.remove.run(through)
    }
    if (pass !== undefined) sql.setPass.run(...placeValues(pass.place), pass.after)
    if (aggregates !== undefined) sql.setAggregates.run(...positionValues(aggregates))
    sql.extend.run(clock() + durationMs)
    return true
  }

  function unpublished(countMax: number): Unpublished {
    const ratings: RatingState[] = []
    let [from, through]: (number | undefined)[] = []
    for (;;) {
      const row = sql.next.get(through ?? 0)
      if (row === undefined) break
      const stamp = stampOf(row)
      const next = decodeChanges(row.changes as string, stamp)
      if (through !== undefined && ratings.length + next.length > countMax) break
      ratings.push(...(row.is_repeat === 1 ? next.map(current) : next))
      from ??= stamp.revision
      through = stamp.revision
    }
    return { ratings, from, through }
  }

  function ratings({ record, userId }: RatingPlace, limit: number): RatingsPage {
    const rules = shownRules()
    const rows = sql.ratings.all(record, userId, limit)
    const last = rows.length < limit ? undefined : rows.at(-1)
    const next = last && { record: last.record_number as number, userId: last.user_id as string }
    return { ratings: rows.map((row) => toRating(row, rules)), next }
  }

  /** Returns the rating as it is now. A deleted one keeps its stamp. */
  function current(state: RatingState): RatingState {
    const row = sql.rating.get(state.recordType, state.recordId, state.userId)
    return row === undefined ? state : toRating(row, shownRules())
  }

  function repeat(ratings: readonly RatingState[], aggregates: ChangePosition | undefined): void {
    if (ratings.length > 0) {
      const stamp = { revision: options.advance(), updateTimeMs: clock() }
      insert(() => encodeNames(ratings), stamp, true)
    }
    if (aggregates !== undefined) sql.returnAggregates.run(...positionValues(aggregates))
  }

  return {
    add: (edits, stamp) => insert(() => encodeChanges(edits), stamp, false),
    claim: (lease) => write(db, () => claim(lease)),
    release: (holder) => write(db, () => void sql.release.run(holder)),
    begin: (holder, target) => write(db, () => begin(holder, target)),
    end: () => write(db, () => db.exec(endSql)),
    unpublished: async (countMax) => read(db, () => unpublished(countMax)),
    ratings: async (after, limit) => read(db, () => ratings(after, limit)),
    save: (lease, published) => write(db, () => save(lease, published)),
    repeat: (ratings, aggregates) => write(db, () => repeat(ratings, aggregates)),
    size: async () => read(db, () => (sql.feed.get() as Row).outbox_size as number),
  }
}

const beginning = "pass_record = 0, pass_user = '', aggregates_revision = 0, aggregates_place = 0"

const endSql = `DELETE FROM outbox;
  UPDATE feed SET target = NULL, outbox_size = 0, pass_record = NULL, pass_user = NULL,
    holder = NULL`

function prepare(db: DatabaseSync) {
  return {
    feed: db.prepare('SELECT * FROM feed'),
    claim: db.prepare(
      `UPDATE feed SET holder = ?, lease_end_ms = ?
       WHERE holder IS NULL OR holder = ? OR lease_end_ms <= ?`,
    ),
    extend: db.prepare('UPDATE feed SET lease_end_ms = ?'),
    release: db.prepare('UPDATE feed SET holder = NULL WHERE holder = ?'),
    begin: db.prepare(`UPDATE feed SET target = ?, pass_after = 0, ${beginning}`),
    insert: db.prepare('INSERT INTO outbox VALUES (?, ?, ?, ?, ?)'),
    setSize: db.prepare('UPDATE feed SET outbox_size = ?'),
    shrink: db.prepare(
      `UPDATE feed SET outbox_size = outbox_size
         - (SELECT coalesce(sum(size), 0) FROM outbox WHERE revision <= ?)`,
    ),
    remove: db.prepare('DELETE FROM outbox WHERE revision <= ?'),
    next: db.prepare('SELECT * FROM outbox WHERE revision > ? ORDER BY revision LIMIT 1'),
    setPass: db.prepare(
      `UPDATE feed SET pass_record = ?, pass_user = ?
       WHERE pass_record IS NOT NULL AND pass_after = ?`,
    ),
    setAggregates: db.prepare('UPDATE feed SET aggregates_revision = ?, aggregates_place = ?'),
    returnAggregates: db.prepare(
      `UPDATE feed SET aggregates_revision = ?1, aggregates_place = ?2
       WHERE (aggregates_revision, aggregates_place) > (?1, ?2)`,
    ),
    ratings: db.prepare(
      `SELECT ${ratingColumns} FROM rating CROSS JOIN aggregate USING (record_number)
       WHERE (record_number, user_id) > (?, ?) ORDER BY record_number, user_id LIMIT ?`,
    ),
    rating: db.prepare(
      `SELECT ${ratingColumns} FROM aggregate JOIN rating USING (record_number)
       WHERE record_type = ? AND record_id = ? AND user_id = ?`,
    ),
  }
}
