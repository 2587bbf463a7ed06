import type { MovieRating } from '../ratings/rated-movies.ts'
import { chunkSize, setValue } from './chunks.ts'

/** Properties of ratings. Without ratings, the count is 0, and the others are `NaN`. */
export const ratingNames = ['ratingCount', 'ratingMean', 'ratingScore'] as const
export type RatingName = (typeof ratingNames)[number]

/** Ratings by property, then by slot. */
export type RatingColumns = Readonly<Record<RatingName, Float64Array[]>>

export function ratingValue(name: RatingName, rating: MovieRating | undefined): number {
  if (name === 'ratingCount') return rating?.count ?? 0
  return (name === 'ratingMean' ? rating?.mean : rating?.score) ?? Number.NaN
}

/** Returns columns without slots. */
export function noRatings(): RatingColumns {
  return { ratingCount: [], ratingMean: [], ratingScore: [] }
}

/** Adds a chunk of slots that nobody has rated. */
export function addUnrated(columns: RatingColumns): void {
  for (const name of ratingNames) {
    columns[name].push(new Float64Array(chunkSize).fill(ratingValue(name, undefined)))
  }
}

export function setRating(
  columns: RatingColumns,
  slot: number,
  rating: MovieRating | undefined,
): void {
  for (const name of ratingNames) setValue(columns[name], slot, ratingValue(name, rating))
}
