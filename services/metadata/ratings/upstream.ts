import { createClient, type Transport } from '@connectrpc/connect'
import { type AggregatedRating, RatingService } from '../../../gen/rating/v1/rating_pb.ts'
import type { WatchRatings } from './follow-ratings.ts'

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

function movieOf({ recordId: id, count, mean, bayesianScore: score }: AggregatedRating) {
  return { id, rating: count > 0n ? { count: Number(count), mean, score } : undefined }
}
