import type { Metadata } from '@marquee/client/metadata'
import { type MovieDetails, RatingStatus } from '@marquee/client/movie'
import { type Rating, readRating, unavailable } from '../rating/aggregate.ts'
import type { RatingCache } from '../rating/rating-cache.ts'
import { readScale } from '../rating/scale.ts'

/** The record type of movies in the rating service. */
export const recordType = 'movie'

/** A movie without its rating, which changes. An absent property is unknown. */
export type Movie = Readonly<Omit<Metadata, '$typeName' | '$unknown' | 'etag'>>

/** The title with the year, which the titles of remakes have already: `King Kong (1933)`. */
export function titleWithYear({ title, year }: Pick<Movie, 'title' | 'year'>): string {
  return year === undefined || hasYear({ title, year }) ? title : `${title} (${year})`
}

export function hasYear({ title, year }: Pick<Movie, 'title' | 'year'>): boolean {
  return title.endsWith(`(${year})`)
}

/** The movies of a response. Their ratings go to the cache. */
export function takeMovies(
  { movies }: { readonly movies: readonly MovieDetails[] },
  ratingCache: RatingCache,
): Movie[] {
  return movies.flatMap((details) => {
    const { metadata } = details
    if (!metadata) return []
    ratingCache.set(metadata.id, readMovieRating(details))
    return [metadata]
  })
}

export function readMovieRating({ rating, ratingStatus, ratingScale }: MovieDetails): Rating {
  if (ratingStatus === RatingStatus.UNAVAILABLE) return unavailable
  if (!rating && ratingScale) return { status: 'not-rated', scale: readScale(ratingScale) }
  return readRating(rating)
}
