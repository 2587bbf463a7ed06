import { timestampFromDate, timestampFromMs } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError } from '@connectrpc/connect'
import { endedList } from '@marquee/service/rest/page-token'
import { Period as PeriodMessage } from '../../gen/rating/v1/rating_pb.ts'
import type { FollowedRatings, RatingsState } from './ratings/follow-ratings.ts'
import type { PeriodCopies, PeriodRatings, PeriodWindow } from './ratings/period-ratings.ts'
import type { MovieRating } from './ratings/rated-movies.ts'
import { withReason } from './reasons.ts'

export interface RatingsOfListOptions {
  /** The ratings of the catalogue. Default: none, and lists by ratings fail. */
  readonly ratings?: FollowedRatings | undefined
  /** The ratings of the periods. Default: none, and their lists fail. */
  readonly periods?: PeriodCopies | undefined
}

/** Ratings that a list is read with. */
export interface ListedRatings extends RatingsState {
  /** Set for a list of a period, with its ratings by movie id. */
  readonly window?: PeriodWindow
  readonly ratings?: ReadonlyMap<string, MovieRating>
}

export interface RatingsNeeded {
  /** `true` when the list is filtered or ordered by ratings. */
  readonly isByRatings: boolean
  /** End of the window of the first page. `undefined` on the first page. */
  readonly endMs: number | undefined
}

/**
 * Creates a function that returns the ratings of a list, or `undefined` when it needs none. It
 * throws `UNAVAILABLE` when there are none to read.
 */
export function createRatingsOfList({ ratings, periods }: RatingsOfListOptions) {
  return async (
    period: PeriodMessage,
    { isByRatings, endMs }: RatingsNeeded,
  ): Promise<ListedRatings | undefined> => {
    if (period === PeriodMessage.UNSPECIFIED)
      return isByRatings ? requireRatings(ratings) : undefined
    const name = period === PeriodMessage.WEEK ? 'week' : 'month'
    const copy = await requirePeriods(periods).read(name, endMs).catch(failPeriod)
    if (copy === undefined) throw endedList()
    return listedOf(copy)
  }
}

function listedOf({ ratings, ...window }: PeriodRatings): ListedRatings {
  const state = { unavailableSince: undefined, ratingCount: undefined }
  return { revision: window.revision, ...state, window, ratings }
}

/** Returns the state of the ratings. Throws `UNAVAILABLE` before they were read. */
function requireRatings(ratings: FollowedRatings | undefined): RatingsState {
  const state = ratings?.state()
  if (state !== undefined) return state
  if (ratings === undefined) throw unknownRatings()
  throw unavailable('the ratings are not read yet: call again later')
}

function requirePeriods(periods: PeriodCopies | undefined): PeriodCopies {
  if (periods !== undefined) return periods
  throw unknownRatings()
}

function unknownRatings(): ConnectError {
  return unavailable('metadata knows no ratings: start it with --rating-url')
}

function unavailable(text: string, cause?: unknown): ConnectError {
  const error = new ConnectError(text, Code.Unavailable, undefined, undefined, cause)
  return withReason(error, 'RATING_UNAVAILABLE')
}

/** Fails a list whose ratings the rating service could not return. The cause is only logged. */
function failPeriod(cause: unknown): never {
  if (cause instanceof ConnectError && cause.code === Code.FailedPrecondition) {
    const error = new ConnectError(cause.rawMessage, cause.code, undefined, undefined, cause)
    throw withReason(error, 'PERIOD_TOO_LARGE')
  }
  throw unavailable('the ratings of the period cannot be read: call again later', cause)
}

/** Returns a version that changes with everything that the list depends on. */
export function versionOf(revision: number, listed: ListedRatings | undefined): number | string {
  if (listed === undefined) return revision
  const since = listed.unavailableSince?.getTime() ?? listed.window?.endMs ?? ''
  return `${revision}-${listed.revision}-${since}`
}

export function listedMessage(listed: ListedRatings) {
  const { revision, unavailableSince, ratingCount, window } = listed
  return {
    revision: BigInt(revision),
    ...(ratingCount !== undefined && { ratingCount: BigInt(ratingCount) }),
    ...(unavailableSince && { unavailableSince: timestampFromDate(unavailableSince) }),
    ...(window && {
      window: {
        startTime: timestampFromMs(window.startMs),
        endTime: timestampFromMs(window.endMs),
        revision: BigInt(window.revision),
      },
    }),
  }
}

/** Returns the message of a movie's rating in the period of the list. */
export function periodRating({ ratings }: ListedRatings, movieId: string) {
  const { count = 0, mean = 0, score = 0 } = ratings?.get(movieId) ?? {}
  return { count: BigInt(count), mean, bayesianScore: score }
}
