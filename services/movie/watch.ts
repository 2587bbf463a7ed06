import { createFanOut, type FanOutOptions, waitUnlessAborted } from './fan-out.ts'
import { type Caller, join, type RatingLookup, type RatingSource } from './movie.ts'
import { ratingStates } from './rating-states.ts'
import { type ReachedDetails, resumeDetails } from './resume.ts'
import { shareLookups } from './shared-lookups.ts'

/** Watches the ratings of movies, each once for all its viewers. */
export interface DetailsWatches<M, R> {
  /**
   * Yields the details of a movie, and again whenever its rating changes, becomes unavailable or
   * returns, until the signal is aborted. All viewers of a movie get the same details.
   */
  watch(movieId: string, viewer: Viewer<M>): AsyncGenerator<ReachedDetails<M, R>>
}

export interface Viewer<M> {
  /** Metadata of the movie. The newest one applies to all its viewers. */
  readonly metadata: M
  /** Revision of the rating that the viewer has seen. Older ones are left out. 0 for none. */
  readonly sinceRevision: bigint
  readonly caller: Caller
}

export interface DetailsWatchesOptions<R> extends SharedOptions {
  readonly ratings: RatingSource<R>
}

type SharedOptions = Pick<FanOutOptions<unknown, unknown, unknown>, 'draining' | 'wait'>

export function createDetailsWatches<M, R>(
  options: DetailsWatchesOptions<R>,
): DetailsWatches<M, R> {
  const { ratings, wait = waitUnlessAborted, ...shared } = options
  const fanOut = createFanOut<Viewer<M>, RatingLookup<R>, ReachedDetails<M, R, undefined>>({
    ...shared,
    wait,
    // The shared call carries the request id and the span of the first viewer.
    open: (movieId, { caller: { requestId, span } }, signal) =>
      ratingStates({
        movieId,
        ratings,
        caller: { signal, requestId, span, deadlineMs: undefined },
      }),
    combine: (rating, { metadata }) => reached(metadata, rating),
  })
  // A kept rating might be older than the request for it.
  const currentRating = shareLookups(ratings.get, (drop) => drop())
  return {
    watch(movieId, viewer) {
      const { metadata, sinceRevision, caller } = viewer
      const { signal } = caller
      const states = fanOut.follow(movieId, viewer, signal)
      const read = async () => reached(metadata, await currentRating(movieId, caller))
      return resumeDetails({ states, sinceRevision, read, wait, signal })
    },
  }
}

/** Creates watches that share nothing: each call watches the rating by itself. */
export function createSeparateWatches<M, R>(
  options: DetailsWatchesOptions<R>,
): DetailsWatches<M, R> {
  // Nothing stays open for a later call.
  const draining = AbortSignal.abort()
  return {
    watch: (movieId, viewer) =>
      createDetailsWatches<M, R>({ ...options, draining }).watch(movieId, viewer),
  }
}

function reached<M, R>(metadata: M, rating: RatingLookup<R>): ReachedDetails<M, R, undefined> {
  return { details: join(metadata, rating), revision: rating.revision }
}
