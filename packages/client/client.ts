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
  /** Watches the details of a movie: what it is, and its rating. Fails when there is no such movie. */
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
      watch((call) => movies.watchMovieDetails(request, call), options, watchOptions),
    watchRatings(request, watchOptions) {
      type Last = WatchAggregatedRatingsResponse | undefined
      const since = (last: Last) => last?.resumeRevision ?? request.sinceRevision ?? 0n
      return watch(
        (call, last: Last) =>
          ratings.watchAggregatedRatings({ ...request, sinceRevision: since(last) }, call),
        options,
        watchOptions,
      )
    },
  }
}
