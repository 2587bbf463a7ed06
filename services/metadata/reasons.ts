import { createWithReason } from '@marquee/connect-hono/errors/reason'

/** Reasons of errors of the metadata service: see docs/errors.md. */
export const metadataReasons = {
  MOVIE_NOT_FOUND: ['movieId'],
  PERIOD_TOO_LARGE: [],
  QUERY_INVALID: [],
  RATING_UNAVAILABLE: [],
} as const

export const withReason = createWithReason<typeof metadataReasons>()
