import { createServiceTransport } from '@marquee/grpc-transport/service-transport'
import type { Registry } from '@marquee/registry/port'
import type { Running } from '@marquee/service/process/run'
import { type FollowedRatings, followRatings } from './follow-ratings.ts'
import {
  createPeriodCopies,
  type PeriodCopies,
  type PeriodCopiesOptions,
} from './period-ratings.ts'
import type { RatedMovies } from './rated-movies.ts'
import { readPeriodPages, watchMovieRatings } from './upstream.ts'

/** The ratings that lists are filtered and ordered by. */
export interface OpenedRatings {
  /** `undefined` when the service follows no ratings. */
  readonly ratings: FollowedRatings | undefined
  /** `undefined` when the service follows no ratings. */
  readonly periods: PeriodCopies | undefined
}

/** Receiver of the ratings. */
export interface RatingsTarget {
  readonly rated: RatedMovies
  readonly prepare: NonNullable<PeriodCopiesOptions['prepare']>
}

/** Follows the ratings of the service that the registry knows, unless the options say otherwise. */
export async function openRatings(
  { use, log }: Pick<Running, 'use' | 'log'>,
  { followsRatings }: { readonly followsRatings: boolean },
  registry: Registry,
  { rated, prepare }: RatingsTarget,
): Promise<OpenedRatings> {
  if (!followsRatings) return { ratings: undefined, periods: undefined }
  const transport = use(await createServiceTransport({ resolver: registry, service: 'rating' }))
  const watch = watchMovieRatings(transport)
  const onWarning = (message: string) => log.warn(message)
  const periods = createPeriodCopies({ readPage: readPeriodPages(transport), prepare })
  return { periods, ratings: use(followRatings({ watch, rated, onWarning })) }
}
