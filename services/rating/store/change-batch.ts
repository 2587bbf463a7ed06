import { PositionLostError } from '@marquee/event-log/position-lost'
import type { Histogram, RatingChange, RecordRef } from '../rating.ts'
import { describeScale } from '../scale.ts'
import { type Scoring, type ScoringRules, scoringFor } from '../scoring.ts'
import { OtherLogError } from './other-log.ts'
import type { ChangeBatch, RevisionCondition, StoredLog } from './port.ts'

/** Saved state of a record before a batch. */
export interface StoredRecord {
  /** Histogram. Empty when nobody has rated the record. */
  readonly histogram: Histogram
  /** Returns the step of the user's rating on the scale, or `undefined`. */
  step(userId: string): number | undefined
  /** Returns the revision of the user's rating, or `undefined`. Not called without a condition. */
  revision(userId: string): number | undefined
}

/** Change of one user's rating of a record, in steps. `undefined` stands for no rating. */
export interface RatingEdit {
  readonly before: number | undefined
  readonly after: number | undefined
  /** When the user rated. `undefined` when nobody said, or for no rating. */
  readonly ratedTimeMs: number | undefined
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

/** Edits of a batch, each of which is folded when it is read. */
export interface Folding<Stored extends StoredRecord> {
  readonly edits: Iterable<RecordEdit<Stored>>
  /** As in `Folded`, complete when all edits are read. */
  readonly found: readonly boolean[]
}

/** Thrown when a rating does not meet the condition of its write. */
export class UnmetConditionError extends Error {
  override readonly name = 'UnmetConditionError'
  /** Revision of the rating. `undefined` when there is none. */
  readonly revision: number | undefined

  constructor(revision: number | undefined) {
    super('the rating does not meet the condition of the write')
    this.revision = revision
  }
}

/**
 * Folds a batch of changes into one edit per record, and one per user in it, so that a store writes
 * each once, however often the batch names it. Calls `find` once per record, and writes nothing.
 * Throws a RangeError when a value is not on the scale of its record type, and an
 * UnmetConditionError when a saved rating does not meet the condition.
 */
export function foldChanges<Stored extends StoredRecord>(
  changes: readonly RatingChange[],
  find: (record: RecordRef) => Stored,
  rules: ScoringRules,
  condition?: RevisionCondition,
): Folded<Stored> {
  const { edits, found } = foldEach(changes, find, rules, { condition })
  return { edits: [...edits], found }
}

export interface FoldOptions<Stored extends StoredRecord> {
  /** Order of the records. Default: that of the changes. */
  readonly compare?: (one: Stored, other: Stored) => number
  /** Condition of each saved rating. Default: none. */
  readonly condition?: RevisionCondition | undefined
}

/**
 * Does the same for one record after the other, in the order of `compare`, so that a store can write
 * each before the next one is read. Calls `find` for all records at once. Reading the edits throws
 * the errors.
 */
export function foldEach<Stored extends StoredRecord>(
  changes: readonly RatingChange[],
  find: (record: RecordRef) => Stored,
  rules: ScoringRules,
  { compare, condition }: FoldOptions<Stored>,
): Folding<Stored> {
  const drafts = draftsOf(changes, find, rules)
  if (compare) drafts.sort((one, other) => compare(one.stored, other.stored))
  const found: boolean[] = changes.map(() => false)
  function* edits(): Generator<RecordEdit<Stored>> {
    for (const draft of drafts) {
      for (const index of draft.indexes) {
        const change = changes[index] as RatingChange
        if (condition !== undefined) requireMet(condition, draft.stored.revision(change.userId))
        found[index] = fold(change, draft)
      }
      yield finish(draft)
    }
  }
  return { edits: edits(), found }
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
  /** Indexes of its changes in the batch. */
  readonly indexes: number[]
  readonly ratings: Map<string, RatingEdit>
}

/** Returns a draft for each record of the batch. */
function draftsOf<Stored extends StoredRecord>(
  changes: readonly RatingChange[],
  find: (record: RecordRef) => Stored,
  rules: ScoringRules,
): Draft<Stored>[] {
  const drafts: Draft<Stored>[] = []
  // By record type, then by record id: faster than a key of both.
  const byType = new Map<string, Map<string, Draft<Stored>>>()
  for (const [index, { recordType, recordId }] of changes.entries()) {
    const byId = byType.get(recordType) ?? new Map<string, Draft<Stored>>()
    if (byId.size === 0) byType.set(recordType, byId)
    let draft = byId.get(recordId)
    if (draft === undefined) {
      const record = { recordType, recordId }
      const scoring = scoringFor(rules, recordType)
      draft = { record, scoring, stored: find(record), indexes: [], ratings: new Map() }
      byId.set(recordId, draft)
      drafts.push(draft)
    }
    draft.indexes.push(index)
  }
  return drafts
}

/** Adds the change. Returns `true` when it found a rating to replace or delete. */
function fold(change: RatingChange, { ratings, stored, scoring }: Draft<StoredRecord>): boolean {
  const after = change.kind === 'put' ? requireStep(change.value, scoring) : undefined
  const edit = ratings.get(change.userId)
  const before = edit === undefined ? stored.step(change.userId) : edit.before
  const ratedTimeMs = change.kind === 'put' ? change.ratedTimeMs : undefined
  ratings.set(change.userId, { before, after, ratedTimeMs })
  return (edit === undefined ? before : edit.after) !== undefined
}

function finish<Stored extends StoredRecord>(draft: Draft<Stored>): RecordEdit<Stored> {
  const { record, stored, scoring, ratings } = draft
  const counts = scoring.scale.values.map((_, step) => stored.histogram[step] ?? 0)
  for (const { before, after } of ratings.values()) {
    if (before !== undefined) counts[before] = (counts[before] ?? 0) - 1
    if (after !== undefined) counts[after] = (counts[after] ?? 0) + 1
  }
  const changed = counts.some((count, step) => count !== (stored.histogram[step] ?? 0))
  const written = ratings.values().some((rating) => isWrite(rating))
  return { record, scoring, stored, ratings, histogram: counts, changed, written }
}

/** Returns whether the edit puts or deletes a rating, instead of deleting one that does not exist. */
export function isWrite({ before, after }: Pick<RatingEdit, 'before' | 'after'>): boolean {
  return before !== undefined || after !== undefined
}

function requireMet(condition: RevisionCondition, revision: number | undefined): void {
  if (!condition(revision)) throw new UnmetConditionError(revision)
}

function requireStep(value: number, { scale }: Scoring): number {
  const step = scale.stepOf(value)
  if (step !== undefined) return step
  throw new RangeError(`value must be ${describeScale(scale)}; got ${value}`)
}
