import type { MessageInitShape } from '@bufbuild/protobuf'
import { type Calls, createCalls } from './calls.ts'
import { MetadataService } from './gen/metadata/v1/metadata_pb.ts'
import {
  MovieService,
  type WatchMovieDetailsRequestSchema,
  type WatchMovieDetailsResponse,
} from './gen/movie/v1/movie_pb.ts'
import {
  RatingService,
  type WatchAggregatedRatingsRequestSchema,
  type WatchAggregatedRatingsResponse,
} from './gen/rating/v1/rating_pb.ts'
import type { ClientOptions } from './options.ts'
import { type Watch, type WatchOptions, watch } from './watch.ts'

/** The services of a Marquee. */
export interface Marquee {
  readonly movies: Calls<typeof MovieService>
  readonly metadata: Calls<typeof MetadataService>
  readonly ratings: Calls<typeof RatingService>
  /**
   * Watches the details of a movie: what it is, and its rating. Fails when there is no such movie.
   * After a loss it continues from the last `resumeRevision`: the rating never goes back to an older
   * one.
   */
  watchMovie(
    request: MessageInitShape<typeof WatchMovieDetailsRequestSchema>,
    options?: WatchOptions,
  ): Watch<WatchMovieDetailsResponse>
  /**
   * Watches the ratings of named records, of a record type, or a top list. After a loss it
   * continues from the last `resumeRevision`: no last state is missed, and one may come twice. To
   * continue in another process, save `resumeRevision` and pass it as `sinceRevision`.
   */
  watchRatings(
    request: MessageInitShape<typeof WatchAggregatedRatingsRequestSchema>,
    options?: WatchOptions,
  ): Watch<WatchAggregatedRatingsResponse>
}

/** Creates a client. It opens nothing before the first call. */
export function createMarquee(options: ClientOptions): Marquee {
  const movies = createCalls(MovieService, options)
  const ratings = createCalls(RatingService, options)
  return {
    movies,
    ratings,
    metadata: createCalls(MetadataService, options),
    watchMovie: (request, watchOptions) =>
      watch(
        (call, last: WatchMovieDetailsResponse | undefined) =>
          movies.watchMovieDetails(resumed(request, last), call),
        options,
        watchOptions,
      ),
    watchRatings: (request, watchOptions) =>
      watch(
        (call, last: WatchAggregatedRatingsResponse | undefined) =>
          ratings.watchAggregatedRatings(resumed(request, last), call),
        options,
        watchOptions,
      ),
  }
}

/** Returns the request that continues after a response. */
function resumed<R extends { readonly sinceRevision?: bigint }>(
  request: R,
  last: { readonly resumeRevision: bigint } | undefined,
): R {
  return last === undefined ? request : { ...request, sinceRevision: last.resumeRevision }
}
