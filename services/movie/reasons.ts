import { createWithReason } from '@marquee/connect-hono/errors/reason'

/** Reasons of errors of the movie service: see docs/errors.md. */
export const movieReasons = {
  DELETION_INCOMPLETE: ['deletedRatingCount'],
  METADATA_UNAVAILABLE: [],
  MOVIE_NOT_FOUND: ['movieId'],
  RATING_UNAVAILABLE: [],
  WATCHES_EXHAUSTED: [],
} as const

export const withReason = createWithReason<typeof movieReasons>()
