import { timestampMs } from '@bufbuild/protobuf/wkt'
import { createClient, type Transport } from '@connectrpc/connect'
import {
  type AggregatedRating,
  Period as PeriodMessage,
  type PeriodWindow as PeriodWindowMessage,
  RatingService,
} from '../../../gen/rating/v1/rating_pb.ts'
import type { WatchRatings } from './follow-ratings.ts'
import type { PeriodWindow, ReadPeriodPage } from './period-ratings.ts'
import type { MovieRating } from './rated-movies.ts'

/** Record type of movies in the rating service. */
const recordType = 'movie'

/** Watches the ratings of all movies by RPC. */
export function watchMovieRatings(transport: Transport): WatchRatings {
  const client = createClient(RatingService, transport)
  return async function* watch(sinceRevision, signal) {
    const request = { recordType, sinceRevision: BigInt(sinceRevision) }
    for await (const message of client.watchAggregatedRatings(request, { signal })) {
      const { aggregatedRating, resumeRevision, caughtUp } = message
      yield {
        ...(aggregatedRating && { movie: movieOf(aggregatedRating) }),
        revision: Number(resumeRevision),
        isCaughtUp: caughtUp,
      }
    }
  }
}

/** Reads the top lists of movies in a period by RPC. */
export function readPeriodPages(transport: Transport): ReadPeriodPage {
  const client = createClient(RatingService, transport)
  return async (period, { signal, ...page }) => {
    const request = { recordType, period: periods[period], ...page }
    const { aggregatedRatings, nextPageToken, window } = await client.listTopRated(request, {
      signal,
    })
    const movies = aggregatedRatings.map((one) => ({ id: one.recordId, rating: ratingOf(one) }))
    return { movies, nextPageToken, window: windowOf(window) }
  }
}

const periods = { week: PeriodMessage.WEEK, month: PeriodMessage.MONTH } as const

/** A rating service of the version before ignores the period, and returns no window. */
function windowOf(window: PeriodWindowMessage | undefined): PeriodWindow {
  const { startTime, endTime, revision } = window ?? {}
  if (startTime === undefined || endTime === undefined) {
    throw new Error('the rating service has no lists of a period: upgrade it')
  }
  const [startMs, endMs] = [timestampMs(startTime), timestampMs(endTime)]
  return { startMs, endMs, revision: Number(revision) }
}

function movieOf(rating: AggregatedRating) {
  return { id: rating.recordId, rating: rating.count > 0n ? ratingOf(rating) : undefined }
}

function ratingOf({ count, mean, bayesianScore: score }: AggregatedRating): MovieRating {
  return { count: Number(count), mean, score }
}
