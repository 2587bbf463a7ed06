import type { Metadata } from '../../../gen/metadata/v1/metadata_pb.ts'
import { type MovieDetails, RatingStatus } from '../../../gen/movie/v1/movie_pb.ts'
import { type Rating, readRating, unavailable } from '../rating/aggregate.ts'

/** The record type of movies in the rating service. */
export const recordType = 'movie'

/** A movie without its rating, which changes. An absent property is unknown. */
export interface Movie {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly director: string
  readonly releaseDate: string
  readonly genres: readonly string[]
  readonly year?: number
  readonly runningTimeMinutes?: number
  readonly imdbRating?: number
  readonly imdbVotes?: number
}

/** Returns undefined when the details have no metadata. */
export function readMovie({ metadata }: MovieDetails): Movie | undefined {
  return metadata ? movieOf(metadata) : undefined
}

export function readMovieRating({ rating, ratingStatus }: MovieDetails): Rating {
  return ratingStatus === RatingStatus.UNAVAILABLE ? unavailable : readRating(rating)
}

function movieOf(metadata: Metadata): Movie {
  const { id, title, description, director, releaseDate, genres } = metadata
  const { year, runningTimeMinutes, imdbRating, imdbVotes } = metadata
  return {
    ...{ id, title, description, director, releaseDate, genres },
    ...(year === undefined ? {} : { year }),
    ...(runningTimeMinutes === undefined ? {} : { runningTimeMinutes }),
    ...(imdbRating === undefined ? {} : { imdbRating }),
    ...(imdbVotes === undefined ? {} : { imdbVotes }),
  }
}
