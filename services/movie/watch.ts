import { createFanOut, type FanOutOptions } from './fan-out.ts'
import { type Caller, type Details, join, type Lookup, type RatingSource } from './movie.ts'
import { ratingStates } from './rating-states.ts'

/** Watches the ratings of movies, each once for all its viewers. */
export interface DetailsWatches<M, R> {
  /**
   * Yields the details of a movie, and again whenever its rating changes, becomes unavailable or
   * returns, until the signal is aborted. All viewers of a movie get the same objects.
   * @param metadata Metadata of the movie. The newest one applies to all its viewers.
   */
  watch(movieId: string, metadata: M, caller: Caller): AsyncGenerator<Details<M, R>>
}

export interface DetailsWatchesOptions<R> extends SharedOptions {
  readonly ratings: RatingSource<R>
}

type SharedOptions = Pick<FanOutOptions<unknown, unknown, unknown>, 'draining' | 'wait'>

export function createDetailsWatches<M, R>(
  options: DetailsWatchesOptions<R>,
): DetailsWatches<M, R> {
  const { ratings, ...shared } = options
  const fanOut = createFanOut<Viewer<M>, Lookup<R>, Details<M, R>>({
    ...shared,
    // The shared call carries the request id and the span of the first viewer.
    open: (movieId, { caller: { requestId, span } }, signal) =>
      ratingStates({
        movieId,
        ratings,
        caller: { signal, requestId, span, deadlineMs: undefined },
      }),
    combine: (rating, { metadata }) => join(metadata, rating),
  })
  return {
    watch: (movieId, metadata, caller) =>
      fanOut.follow(movieId, { metadata, caller }, caller.signal),
  }
}

/** Creates watches that share nothing: each call watches the rating by itself. */
export function createSeparateWatches<M, R>(
  options: DetailsWatchesOptions<R>,
): DetailsWatches<M, R> {
  const wait = async () => {}
  return {
    watch: (movieId, metadata, caller) =>
      createDetailsWatches<M, R>({ ...options, wait }).watch(movieId, metadata, caller),
  }
}

interface Viewer<M> {
  readonly metadata: M
  readonly caller: Caller
}
