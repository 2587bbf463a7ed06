import type { Metadata } from '@marquee/client/metadata'
import { type MovieDetails, RatingStatus } from '@marquee/client/movie'
import { type Rating, readRating, unavailable } from '../rating/aggregate.ts'
import { readScale } from '../rating/scale.ts'

/** The record type of movies in the rating service. */
export const recordType = 'movie'

/** A movie without its rating, which changes. An absent property is unknown. */
export type Movie = Readonly<Omit<Metadata, '$typeName' | '$unknown' | 'updateTime' | 'etag'>>

export function readMovieRating({ rating, ratingStatus, ratingScale }: MovieDetails): Rating {
  if (ratingStatus === RatingStatus.UNAVAILABLE) return unavailable
  if (!rating && ratingScale) return { status: 'not-rated', scale: readScale(ratingScale) }
  return readRating(rating)
}
