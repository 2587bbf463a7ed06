import { createFanOut, type FanOutOptions } from './fan-out.ts'
import { type Answer, type Ask, type Details, join, type RatingSource } from './movie.ts'
import { ratingStates } from './rating-states.ts'

/** Follows the ratings of movies, each once for all who watch it. */
export interface DetailsWatches<M, R> {
  /**
   * A movie's details, and again whenever its rating changes, becomes unavailable or comes back, until the signal is
   * aborted. All who watch a movie are given the same objects.
   * @param metadata the movie's; the newest that was given counts for all who watch it.
   */
  watch(movieId: string, metadata: M, ask: Ask): AsyncGenerator<Details<M, R>>
}

export interface DetailsWatchesOptions<R> extends SharedOptions {
  readonly ratings: RatingSource<R>
}

type SharedOptions = Pick<FanOutOptions<unknown, unknown, unknown>, 'draining' | 'wait'>

export function createDetailsWatches<M, R>(
  options: DetailsWatchesOptions<R>,
): DetailsWatches<M, R> {
  const { ratings, ...shared } = options
  const fanOut = createFanOut<Viewer<M>, Answer<R>, Details<M, R>>({
    ...shared,
    // The first viewer's request id names the call that all share.
    open: (movieId, { ask: { requestId } }, signal) =>
      ratingStates({ movieId, ratings, ask: { signal, requestId, deadlineMs: undefined } }),
    combine: (rating, { metadata }) => join(metadata, rating),
  })
  return {
    watch: (movieId, metadata, ask) => fanOut.follow(movieId, { metadata, ask }, ask.signal),
  }
}

/** Watches that share nothing with one another: each call follows the rating by itself. */
export function createSeparateWatches<M, R>(
  options: DetailsWatchesOptions<R>,
): DetailsWatches<M, R> {
  const wait = async () => {}
  return {
    watch: (movieId, metadata, ask) =>
      createDetailsWatches<M, R>({ ...options, wait }).watch(movieId, metadata, ask),
  }
}

interface Viewer<M> {
  readonly metadata: M
  readonly ask: Ask
}
