import { PositionLostError } from '@marquee/event-log/position-lost'
import { type Histogram, type RatingChange, type RecordRef, recordKey } from '../rating.ts'
import { describeScale } from '../scale.ts'
import { type Scoring, type ScoringRules, scoringFor } from '../scoring.ts'
import { OtherLogError } from './other-log.ts'
import type { ChangeBatch, StoredLog } from './port.ts'

/** Saved state of a record before a batch. */
export interface StoredRecord {
  /** Histogram. Empty when nobody has rated the record. */
  readonly histogram: Histogram
  /** Returns the step of the user's rating on the scale, or `undefined`. */
  step(userId: string): number | undefined
}

/** Change of one user's rating of a record, in steps. `undefined` stands for no rating. */
export interface RatingEdit {
  readonly before: number | undefined
  readonly after: number | undefined
}

/** Change of one record. */
export interface RecordEdit<Stored extends StoredRecord> {
  readonly record: RecordRef
  readonly scoring: Scoring
  readonly stored: Stored
  /** Changed ratings by user id. */
  readonly ratings: ReadonlyMap<string, RatingEdit>
  /** Histogram after the batch. */
  readonly histogram: Histogram
  /** `true` when the histogram differs from the saved one. */
  readonly changed: boolean
  /** `true` when at least one rating is put or deleted, also when its value stays the same. */
  readonly written: boolean
}

export interface Folded<Stored extends StoredRecord> {
  readonly edits: readonly RecordEdit<Stored>[]
  /** One value per change: `true` when it found a rating to replace or delete. */
  readonly found: readonly boolean[]
}

/**
 * Folds a batch of changes into one edit per record, and one per user in it, so that a store writes
 * each once, however often the batch names it. Calls `find` once per record, and writes nothing.
 * Throws a RangeError when a value is not on the scale of its record type.
 */
export function foldChanges<Stored extends StoredRecord>(
  changes: readonly RatingChange[],
  find: (record: RecordRef) => Stored,
  rules: ScoringRules,
): Folded<Stored> {
  const drafts = new Map<string, Draft<Stored>>()
  const create = (record: RecordRef): Draft<Stored> => {
    const scoring = scoringFor(rules, record.recordType)
    return { record, scoring, stored: find(record), ratings: new Map() }
  }
  const found = changes.map((change) => {
    const { ratings, stored, scoring } = draftOf(drafts, change, create)
    const after = change.kind === 'put' ? requireStep(change.value, scoring) : undefined
    const edit = ratings.get(change.userId)
    const before = edit === undefined ? stored.step(change.userId) : edit.before
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
  readonly scoring: Scoring
  readonly stored: Stored
  readonly ratings: Map<string, RatingEdit>
}

function draftOf<Stored extends StoredRecord>(
  drafts: Map<string, Draft<Stored>>,
  { recordType, recordId }: RecordRef,
  create: (record: RecordRef) => Draft<Stored>,
): Draft<Stored> {
  const record = { recordType, recordId }
  const key = recordKey(record)
  const known = drafts.get(key)
  if (known !== undefined) return known
  const draft = create(record)
  drafts.set(key, draft)
  return draft
}

function finish<Stored extends StoredRecord>(draft: Draft<Stored>): RecordEdit<Stored> {
  const { stored, scoring, ratings } = draft
  const counts = scoring.scale.values.map((_, step) => stored.histogram[step] ?? 0)
  for (const { before, after } of ratings.values()) {
    if (before !== undefined) counts[before] = (counts[before] ?? 0) - 1
    if (after !== undefined) counts[after] = (counts[after] ?? 0) + 1
  }
  const changed = counts.some((count, step) => count !== (stored.histogram[step] ?? 0))
  const written = ratings.values().some((rating) => isWrite(rating))
  return { ...draft, histogram: counts, changed, written }
}

/** Returns whether the edit puts or deletes a rating, instead of deleting one that does not exist. */
export function isWrite({ before, after }: RatingEdit): boolean {
  return before !== undefined || after !== undefined
}

function requireStep(value: number, { scale }: Scoring): number {
  const step = scale.stepOf(value)
  if (step !== undefined) return step
  throw new RangeError(`value must be ${describeScale(scale)}; got ${value}`)
}
