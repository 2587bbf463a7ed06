import { PositionLostError } from '@marquee/event-log/position-lost'
import { type Histogram, type RatingChange, type RecordRef, recordKey } from '../rating.ts'
import { OtherLogError } from './other-log.ts'
import type { ChangeBatch, StoredLog } from './port.ts'

/** Saved state of a record before a batch. */
export interface StoredRecord {
  /** Histogram, all zeros when nobody has rated the record. */
  readonly histogram: Histogram
  /** Returns the value of the user, or `undefined`. */
  value(userId: string): number | undefined
}

/** Change of one user's rating of a record. `undefined` stands for no rating. */
export interface RatingEdit {
  readonly before: number | undefined
  readonly after: number | undefined
}

/** Change of one record. */
export interface RecordEdit<Stored extends StoredRecord> {
  readonly record: RecordRef
  readonly stored: Stored
  /** Changed ratings by user id. */
  readonly ratings: ReadonlyMap<string, RatingEdit>
  /** Histogram after the batch. */
  readonly histogram: Histogram
  /** `true` when the histogram differs from the saved one. */
  readonly changed: boolean
}

export interface Folded<Stored extends StoredRecord> {
  readonly edits: readonly RecordEdit<Stored>[]
  /** One value per change: `true` when it found a rating to replace or delete. */
  readonly found: readonly boolean[]
}

/**
 * Folds a batch of changes into one edit per record, and one per user in it, so that a store writes
 * each once, however often the batch names it. Calls `find` once per record, and writes nothing.
 * Throws a RangeError when a value is not a whole number from 1 to 5.
 */
export function foldChanges<Stored extends StoredRecord>(
  changes: readonly RatingChange[],
  find: (record: RecordRef) => Stored,
): Folded<Stored> {
  const drafts = new Map<string, Draft<Stored>>()
  const found = changes.map((change) => {
    const after = change.kind === 'put' ? checkValue(change.value) : undefined
    const { ratings, stored } = draftOf(drafts, change, find)
    const edit = ratings.get(change.userId)
    const before = edit === undefined ? stored.value(change.userId) : edit.before
    ratings.set(change.userId, { before, after })
    return (edit === undefined ? before : edit.after) !== undefined
  })
  return { edits: [...drafts.values()].map(finish), found }
}

/**
 * Returns the saved position, the result of `apply` when it is not the expected one. Throws when
 * there is none: the database has lost its data, and there is no position to continue from.
 */
export function requirePosition(stored: number | undefined, batch: ChangeBatch): number {
  if (stored !== undefined) return stored
  const { topic, partition, expectedPosition } = batch
  throw new PositionLostError(
    `no position is stored for ${topic}/${partition}, where ${expectedPosition} was expected`,
  )
}

/**
 * Throws an `OtherLogError` unless the batch is of the saved log, or the first one of its topic.
 */
export function requireLog(stored: string | undefined, { topic, log }: ChangeBatch): void {
  if (stored === undefined || stored === log) return
  throw new OtherLogError(`events of ${topic} are from the log ${log}, where ${stored} is stored`)
}

/** Returns whether two logs are equal, for `adoptLog`. */
export function isSameLog(one: StoredLog, other: StoredLog): boolean {
  const textOf = ({ identity, positions }: StoredLog) =>
    JSON.stringify([identity, ...positions.map(({ partition, offset }) => [partition, offset])])
  return textOf(one) === textOf(other)
}

interface Draft<Stored extends StoredRecord> {
  readonly record: RecordRef
  readonly stored: Stored
  readonly ratings: Map<string, RatingEdit>
}

function draftOf<Stored extends StoredRecord>(
  drafts: Map<string, Draft<Stored>>,
  { recordType, recordId }: RecordRef,
  find: (record: RecordRef) => Stored,
): Draft<Stored> {
  const record = { recordType, recordId }
  const key = recordKey(record)
  const known = drafts.get(key)
  if (known !== undefined) return known
  const draft = { record, stored: find(record), ratings: new Map() }
  drafts.set(key, draft)
  return draft
}

function finish<Stored extends StoredRecord>(draft: Draft<Stored>): RecordEdit<Stored> {
  const counts: [number, number, number, number, number] = [...draft.stored.histogram]
  for (const { before, after } of draft.ratings.values()) {
    if (before !== undefined) counts[before - 1] = (counts[before - 1] ?? 0) - 1
    if (after !== undefined) counts[after - 1] = (counts[after - 1] ?? 0) + 1
  }
  const changed = counts.some((count, index) => count !== draft.stored.histogram[index])
  return { ...draft, histogram: counts, changed }
}

function checkValue(value: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= 5) return value
  throw new RangeError(`value must be a whole number from 1 to 5; got ${value}`)
}
