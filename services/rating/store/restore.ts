import { type RatingChange, type RecordRef, recordKey, type WriteStamp } from '../rating.ts'
import type { RatingState } from './outbox.ts'

/** Revision and time of a record's aggregate. */
export interface AggregateStamp extends RecordRef, WriteStamp {}

/**
 * Writes with the stamps of another store. Nothing is published, and no listener is called. The
 * revision of the store becomes the greatest one that was written, unless it is greater already.
 * Each method is atomic, and may be repeated.
 */
export interface Restore {
  /**
   * Saves ratings, and deletes those without a value, in order. The aggregates follow. Each has the
   * newest stamp of its ratings, until `stamps` saves another one. Rejects with a RangeError, and
   * saves nothing, when a value is not on the scale of its record type.
   */
  ratings(states: readonly RatingState[]): Promise<void>
  /** Saves the stamps of aggregates, also of records that nobody has ever rated. */
  stamps(stamps: readonly AggregateStamp[]): Promise<void>
}

/** Stamps of one call of `ratings`. */
export interface Stamps {
  readonly changes: readonly RatingChange[]
  /** Returns the stamp of the last state of the rating. */
  ofRating(record: RecordRef, userId: string): WriteStamp
  /** Returns the newest stamp of the record. */
  ofRecord(record: RecordRef): WriteStamp
  /** The greatest revision. 0 without states. */
  readonly revision: number
}

/** Returns the changes that the states stand for, with their stamps. */
export function stampsOf(states: readonly RatingState[]): Stamps {
  const byRating = new Map<string, WriteStamp>()
  const byRecord = new Map<string, WriteStamp>()
  for (const state of states) {
    byRating.set(ratingKey(state, state.userId), state)
    const newest = byRecord.get(recordKey(state))
    if (newest === undefined || state.revision >= newest.revision) {
      byRecord.set(recordKey(state), state)
    }
  }
  return {
    changes: states.map(toChange),
    ofRating: (record, userId) => required(byRating.get(ratingKey(record, userId))),
    ofRecord: (record) => required(byRecord.get(recordKey(record))),
    revision: greatestRevision(states),
  }
}

/** Returns the greatest revision. 0 without stamps. */
export function greatestRevision(stamps: readonly WriteStamp[]): number {
  return stamps.reduce((greatest, { revision }) => Math.max(greatest, revision), 0)
}

function ratingKey(record: RecordRef, userId: string): string {
  return JSON.stringify([recordKey(record), userId])
}

function required(stamp: WriteStamp | undefined): WriteStamp {
  if (stamp === undefined) throw new Error('the record is not among the states')
  return { revision: stamp.revision, updateTimeMs: stamp.updateTimeMs }
}

function toChange(state: RatingState): RatingChange {
  const { recordType, recordId, userId, value, ratedTimeMs } = state
  const name = { recordType, recordId, userId }
  if (value === undefined) return { ...name, kind: 'delete' }
  return { ...name, value, ratedTimeMs, kind: 'put' }
}
