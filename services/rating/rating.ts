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
  /** A whole number, 1 to 5. */
  readonly value: number
}

/** Rating with what the store adds. */
export interface StoredRating extends Rating {
  /** Time of the last put, in milliseconds since the Unix epoch. */
  readonly updateTimeMs: number
}

/** Numbers of users that gave each value, from 1 to 5. */
export type Histogram = readonly [number, number, number, number, number]

/** Aggregate of all ratings of a record. */
export interface Aggregate extends RecordRef {
  /** At least 1. */
  readonly count: number
  readonly mean: number
  readonly histogram: Histogram
  readonly bayesianScore: number
  /** Grows with every change of any aggregate in the store. */
  readonly revision: number
}

/** Put or delete of a user's rating. */
export type RatingChange =
  | ({ readonly kind: 'put' } & Rating)
  | ({ readonly kind: 'delete' } & RecordRef & { readonly userId: string })

/** Assumed mean of a record without ratings, and its weight. */
export interface Prior {
  /** 1 to 5. */
  readonly mean: number
  /** 0 or more, in ratings. */
  readonly weight: number
}

/** The assumed mean is the middle of the scale, and counts as much as ten ratings. */
export const defaultPrior: Prior = { mean: 3, weight: 10 }

/**
 * Returns the weighted rating: the mean of the ratings and of `prior.weight` assumed ratings of
 * `prior.mean`.
 *
 *     (prior.weight × prior.mean + sum) / (prior.weight + count)
 */
export function bayesianScore(count: number, sum: number, prior: Prior): number {
  return (prior.weight * prior.mean + sum) / (prior.weight + count)
}

/** Returns count, sum and mean of a histogram. */
export function summarise(histogram: Histogram): { count: number; sum: number; mean: number } {
  const [ones, twos, threes, fours, fives] = histogram
  const count = ones + twos + threes + fours + fives
  const sum = ones + 2 * twos + 3 * threes + 4 * fours + 5 * fives
  return { count, sum, mean: count === 0 ? 0 : sum / count }
}

/** Returns the aggregate of a record with at least one rating. */
export function aggregateOf(
  { recordType, recordId }: RecordRef,
  histogram: Histogram,
  prior: Prior,
  revision: number,
): Aggregate {
  const { count, sum, mean } = summarise(histogram)
  const score = bayesianScore(count, sum, prior)
  return { recordType, recordId, count, mean, histogram, bayesianScore: score, revision }
}
