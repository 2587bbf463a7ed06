/** What is rated: a movie is `{ recordType: 'movie', recordId: … }`. */
export interface RecordRef {
  readonly recordType: string
  readonly recordId: string
}

/** A text that stands for this record and no other, to be the key of a Map. */
export function recordKey({ recordType, recordId }: RecordRef): string {
  return `${recordType.length}:${recordType}${recordId}`
}

/** What one user thinks of one record. */
export interface Rating extends RecordRef {
  readonly userId: string
  /** A whole number, 1 to 5. */
  readonly value: number
}

/** A rating as a store holds it. */
export interface StoredRating extends Rating {
  /** When it was last put, in milliseconds since the Unix epoch. */
  readonly updateTimeMs: number
}

/** How many users gave each value, 1 to 5 in this order. */
export type Histogram = readonly [number, number, number, number, number]

/** What all users together think of a record. */
export interface Aggregate extends RecordRef {
  /** At least 1. */
  readonly count: number
  readonly mean: number
  readonly histogram: Histogram
  readonly bayesianScore: number
  /** Larger with every change of any aggregate in the store. */
  readonly revision: number
}

/** A user's rating put, or taken back. */
export type RatingChange =
  | ({ readonly kind: 'put' } & Rating)
  | ({ readonly kind: 'delete' } & RecordRef & { readonly userId: string })

/** What is believed of a record before anyone has rated it, and how many ratings that belief is worth. */
export interface Prior {
  /** 1 to 5. */
  readonly mean: number
  /** 0 or more, in ratings. */
  readonly weight: number
}

/** A record starts in the middle of the scale, and ten ratings count as much as that. */
export const defaultPrior: Prior = { mean: 3, weight: 10 }

/**
 * The usual weighted rating: the mean of the ratings and of `prior.weight` imagined ratings of `prior.mean`.
 *
 *     (prior.weight × prior.mean + sum) / (prior.weight + count)
 */
export function bayesianScore(count: number, sum: number, prior: Prior): number {
  return (prior.weight * prior.mean + sum) / (prior.weight + count)
}

/** Count, sum and mean of a histogram. */
export function summarise(histogram: Histogram): { count: number; sum: number; mean: number } {
  const [ones, twos, threes, fours, fives] = histogram
  const count = ones + twos + threes + fours + fives
  const sum = ones + 2 * twos + 3 * threes + 4 * fours + 5 * fives
  return { count, sum, mean: count === 0 ? 0 : sum / count }
}

/** The aggregate of a record with these ratings, at least one. */
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
