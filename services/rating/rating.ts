import { countOf } from './scale.ts'
import { bayesianScore, type Prior, type Scoring } from './scoring.ts'

/** Reference to a rated record. A movie is `{ recordType: 'movie', recordId: … }`. */
export interface RecordRef {
  readonly recordType: string
  readonly recordId: string
}

/** Returns a text that identifies the record, as the key of a Map. */
export function recordKey({ recordType, recordId }: RecordRef): string {
  return `${recordType.length}:${recordType}${recordId}`
}

/** Rating of a record by a user. */
export interface Rating extends RecordRef {
  readonly userId: string
  /** A value of the record type's scale. */
  readonly value: number
  /**
   * When the user rated, as the client or an import says, in milliseconds since the Unix epoch, in
   * the years 1 to 9999. `undefined` when nobody said.
   */
  readonly ratedTimeMs?: number | undefined
}

/** Revision and time of a write. */
export interface WriteStamp {
  /** Grows with every write of the store that changes a rating. */
  readonly revision: number
  /** In milliseconds since the Unix epoch. */
  readonly updateTimeMs: number
}

/** Rating with the stamp of its last put. */
export interface StoredRating extends Rating, WriteStamp {}

/** Number of users that gave each value of the scale, in the order of its values. */
export type Histogram = readonly number[]

/** Aggregate of all ratings of a record. */
export interface Aggregate extends RecordRef, WriteStamp {
  /** At least 1. */
  readonly count: number
  readonly mean: number
  readonly histogram: Histogram
  readonly bayesianScore: number
  /** Prior of the score. */
  readonly prior: Prior
}

/**
 * Record that nobody rates, with the stamp of the change that left it so. Both are 0 when nobody has
 * ever rated it.
 */
export interface Unrated extends RecordRef, WriteStamp {
  readonly count: 0
}

export function neverRated({ recordType, recordId }: RecordRef): Unrated {
  return { recordType, recordId, count: 0, revision: 0, updateTimeMs: 0 }
}

/** State of a record: its aggregate, also when it has no ratings. */
export type AggregateState = Aggregate | Unrated

export function isRated(state: AggregateState): state is Aggregate {
  return state.count > 0
}

/** Put or delete of a user's rating. */
export type RatingChange =
  | ({ readonly kind: 'put' } & Rating)
  | ({ readonly kind: 'delete' } & RecordRef & { readonly userId: string })

/**
 * Returns the variance of the ratings: the mean of the squared distances from their mean. 0 without
 * ratings.
 */
export function varianceOf(histogram: Histogram, { scale }: Scoring): number {
  const count = countOf(histogram)
  if (count === 0) return 0
  const mean = scale.sum(histogram) / count
  let squares = 0
  for (const [index, each] of histogram.entries()) {
    const distance = (scale.values[index] ?? 0) - mean
    squares += each * distance * distance
  }
  return squares / count
}

/** Returns the aggregate of a record with at least one rating. */
export function aggregateOf(
  { recordType, recordId }: RecordRef,
  histogram: Histogram,
  { scale, prior }: Scoring,
  { revision, updateTimeMs }: WriteStamp,
): Aggregate {
  const count = countOf(histogram)
  const sum = scale.sum(histogram)
  const score = bayesianScore(count, sum, prior)
  const times = { revision, updateTimeMs }
  return {
    recordType,
    recordId,
    count,
    mean: sum / count,
    histogram,
    bayesianScore: score,
    prior,
    ...times,
  }
}
