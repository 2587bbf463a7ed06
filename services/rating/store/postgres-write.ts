import type { Query, Row } from '@marquee/sql/postgres/connection'
import { isText } from '@marquee/sql/postgres/text'
import { nextRevision } from '@marquee/sql/revision'
import { type RatingChange, type RecordRef, recordKey, type WriteStamp } from '../rating.ts'
import { countOf } from '../scale.ts'
import type { ScoringRules } from '../scoring.ts'
import { histogramOf, storedScore } from './aggregate-row.ts'
import { foldChanges, type RecordEdit, type StoredRecord } from './change-batch.ts'
import { encodeChanges } from './outbox.ts'
import type { RevisionCondition } from './port.ts'
import { addToOutbox } from './postgres-outbox.ts'
import { reading, writing } from './postgres-tables.ts'
import type { Written } from './writes.ts'

export interface WriteOptions {
  readonly query: Query
  /** Channel of the announcement, and the origin it names. */
  readonly channel: string
  readonly origin: string
  readonly clock: () => number
  /** Rules of the database, and their epoch. */
  readonly rules: ScoringRules
  readonly epoch: number
}

export interface ChangeOptions extends WriteOptions {
  /** Condition of each rating before the write. Default: none. */
  readonly condition?: RevisionCondition | undefined
  /** Size at which the outbox is full. */
  readonly outboxBytesMax: number
}

/** Thrown when another process has changed the rules. Nothing is saved: read them, and repeat. */
export class StaleRulesError extends Error {
  override readonly name = 'StaleRulesError'
}

export interface WrittenChanges extends Written {
  /** Records whose aggregate has changed. */
  readonly changed: readonly RecordRef[]
}

/** Saved rating of a user. */
interface SavedRating {
  readonly step: number
  readonly revision: number
}

export interface LockedRecord extends StoredRecord {
  /** `undefined` when nobody has ever rated the record. */
  readonly recordNumber: number | undefined
  /** Ratings of the users whose ratings change. */
  readonly ratings: Map<string, SavedRating>
}

type Edit = RecordEdit<LockedRecord>

/**
 * Saves the changes in the transaction of the caller. Writers lock records in one order, so that
 * they never deadlock. They take the revision last, because its lock blocks all other writers.
 */
export async function writeChanges(
  changes: readonly RatingChange[],
  options: ChangeOptions,
): Promise<WrittenChanges> {
  const { query, clock, rules, condition } = options
  requireTexts(changes)
  const records = await lockRecords(query, changes)
  const find = (record: RecordRef) => records.get(recordKey(record)) ?? unrated
  const { edits, found } = foldChanges(changes, find, rules, condition)
  const changed = edits.filter((edit) => edit.changed)
  let stamp: WriteStamp | undefined
  if (edits.some((edit) => edit.written)) {
    stamp = { revision: await advanceRevision(options), updateTimeMs: clock() }
    await saveRatings(query, edits, stamp)
    const changes = encodeChanges(edits.filter((edit) => edit.written))
    const bytesMax = options.outboxBytesMax
    await addToOutbox(query, { ...stamp, changes, isRepeat: false, bytesMax })
    if (changed.length > 0) {
      const columns = aggregateColumns(changed)
      await query(writing.saveAggregates, [stamp.revision, stamp.updateTimeMs, ...columns])
    }
  } else if (edits.length > 0) await requireEpoch(options)
  return { changed: changed.map((edit) => edit.record), found, stamp }
}

/**
 * Returns the revision of the transaction, and announces it when that commits. Throws a
 * StaleRulesError when the rules have changed.
 */
export async function advanceRevision(options: Omit<WriteOptions, 'rules'>): Promise<number> {
  const { query, channel, origin, clock, epoch } = options
  const values = [nextRevision(0, clock()), channel, origin, epoch]
  const [advanced] = await query(writing.advance, values)
  if (advanced === undefined) throw staleRules()
  return advanced.revision as number
}

/** Throws a StaleRulesError when the rules have changed. They cannot change while records are locked. */
async function requireEpoch({ query, epoch }: WriteOptions): Promise<void> {
  const [scoring] = await query(reading.scoring)
  if (scoring?.epoch !== epoch) throw staleRules()
}

function staleRules(): StaleRulesError {
  return new StaleRulesError('another process has changed the rules')
}

/** Throws a RangeError when PostgreSQL cannot represent the ids of a put. */
export function requireTexts(changes: readonly RatingChange[]): void {
  for (const change of changes) {
    if (change.kind === 'delete') continue
    for (const id of [change.recordType, change.recordId, change.userId]) {
      if (!isText(id))
        throw new RangeError('ids must not contain U+0000 or half of a surrogate pair')
    }
  }
}

/** Locks the records, after adding those that are put. */
export async function lockRecords(
  query: Query,
  changes: readonly RatingChange[],
): Promise<Map<string, LockedRecord>> {
  const stored = changes.filter(isStorable)
  const put = recordColumns(stored.filter(({ kind }) => kind === 'put'))
  if (put[0].length > 0) await query(writing.addRecords, put)
  const rows = await query(writing.lockRecords, recordColumns(stored))
  const records = new Map(rows.map((row) => [recordKey(toRef(row)), toRecord(row)]))
  await readSteps(query, stored, records)
  return records
}

/** Reads the current ratings of the users, after the lock, when nobody else can change them. */
async function readSteps(
  query: Query,
  changes: readonly RatingChange[],
  records: ReadonlyMap<string, LockedRecord>,
): Promise<void> {
  const numbers: number[] = []
  const users: string[] = []
  for (const change of changes) {
    const recordNumber = records.get(recordKey(change))?.recordNumber
    if (recordNumber === undefined) continue
    numbers.push(recordNumber)
    users.push(change.userId)
  }
  if (numbers.length === 0) return
  const byNumber = new Map([...records.values()].map((one) => [one.recordNumber, one]))
  for (const row of await query(writing.steps, [numbers, users])) {
    const record = byNumber.get(row.record_number as number)
    const rating = { step: row.step as number, revision: row.revision as number }
    record?.ratings.set(row.user_id as string, rating)
  }
}

async function saveRatings(
  query: Query,
  edits: readonly Edit[],
  { revision, updateTimeMs }: WriteStamp,
): Promise<void> {
  const put: [number[], string[], number[], (number | null)[]] = [[], [], [], []]
  const gone: [number[], string[]] = [[], []]
  for (const { stored, ratings } of edits) {
    if (stored.recordNumber === undefined) continue
    for (const [userId, { before, after, ratedTimeMs = null }] of ratings) {
      if (after !== undefined) {
        put[0].push(stored.recordNumber)
        put[1].push(userId)
        put[2].push(after)
        put[3].push(ratedTimeMs)
      } else if (before !== undefined) {
        gone[0].push(stored.recordNumber)
        gone[1].push(userId)
      }
    }
  }
  if (put[0].length > 0) await query(writing.putRatings, [...put, revision, updateTimeMs])
  if (gone[0].length > 0) await query(writing.deleteRatings, gone)
}

/** Returns the columns of aggregates, without their stamps. */
export function aggregateColumns(edits: readonly Edit[]): unknown[][] {
  return [
    edits.map(({ stored }) => stored.recordNumber),
    edits.map(({ histogram }) => `{${histogram.join()}}`),
    edits.map(({ histogram }) => countOf(histogram)),
    edits.map(({ histogram, scoring }) => storedScore(histogram, scoring)),
    edits.map(({ scoring }) => scoring.prior.mean),
    edits.map(({ scoring }) => scoring.prior.weight),
  ]
}

/** Returns columns of the types and ids, each record once. */
export function recordColumns(records: readonly RecordRef[]): [string[], string[]] {
  const unique = [...new Map(records.map((record) => [recordKey(record), record])).values()]
  return [unique.map(({ recordType }) => recordType), unique.map(({ recordId }) => recordId)]
}

/** Returns whether Postgres can represent the ids. */
function isStorable({ recordType, recordId, userId }: RatingChange): boolean {
  return isText(recordType) && isText(recordId) && isText(userId)
}

function toRef(row: Row): RecordRef {
  return { recordType: row.record_type as string, recordId: row.record_id as string }
}

function toRecord(row: Row): LockedRecord {
  const ratings = new Map<string, SavedRating>()
  return {
    recordNumber: row.record_number as number,
    histogram: histogramOf(row),
    ratings,
    step: (userId) => ratings.get(userId)?.step,
    revision: (userId) => ratings.get(userId)?.revision,
  }
}

/** Record that has no row. */
export const unrated: LockedRecord = {
  recordNumber: undefined,
  histogram: [],
  ratings: new Map(),
  step: () => undefined,
  revision: () => undefined,
}
