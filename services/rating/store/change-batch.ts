import { PositionLostError } from '@marquee/event-log/position-lost'
import { type Histogram, type RatingChange, type RecordRef, recordKey } from '../rating.ts'
import { OtherLogError } from './other-log.ts'
import type { ChangeBatch, StoredLog } from './port.ts'

/** What a store knows of a record before a batch. */
export interface StoredRecord {
  /** All zero when nobody has rated the record. */
  readonly histogram: Histogram
  /** The value that the user has given the record, or undefined. */
  value(userId: string): number | undefined
}

/** What a batch does to one user's rating of a record; undefined stands for no rating. */
export interface RatingEdit {
  readonly before: number | undefined
  readonly after: number | undefined
}

/** What a batch does to one record. */
export interface RecordEdit<Stored extends StoredRecord> {
  readonly record: RecordRef
  readonly stored: Stored
  /** By user id. */
  readonly ratings: ReadonlyMap<string, RatingEdit>
  /** As it is after the batch. */
  readonly histogram: Histogram
  /** Whether the histogram differs from the stored one. */
  readonly changed: boolean
}

export interface Folded<Stored extends StoredRecord> {
  readonly edits: readonly RecordEdit<Stored>[]
  /** For each change, whether it found a rating to replace or delete. */
  readonly found: readonly boolean[]
}

/**
 * Takes a batch of changes together: one edit for each record, and in it one for each user, so that a store writes each
 * once, however often the batch names it. Calls `find` once for each record, and writes nothing. A value that is not
 * a whole number from 1 to 5 is a RangeError.
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
 * What `apply` answers when the stored position is not the expected one. None at all is an Error: the database has
 * lost what it had, and there is no position to go on from.
 */
export function requirePosition(stored: number | undefined, batch: ChangeBatch): number {
  if (stored !== undefined) return stored
  const { topic, partition, expectedPosition } = batch
  throw new PositionLostError(
    `no position is stored for ${topic}/${partition}, where ${expectedPosition} was expected`,
  )
}

/** Throws an `OtherLogError` unless the batch is of the stored log, or the first one of its topic. */
export function requireLog(stored: string | undefined, { topic, log }: ChangeBatch): void {
  if (stored === undefined || stored === log) return
  throw new OtherLogError(`events of ${topic} are from the log ${log}, where ${stored} is stored`)
}

/** Whether the two say the same, for `adoptLog`. */
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
  throw new RangeError(`the value of a rating is a whole number from 1 to 5, not ${value}`)
}
