import { type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { type Movie, readMovieRating } from '../catalogue/movie.ts'
import type { Clients } from '../clients.ts'
import type { ConnectionState } from '../live/connection.ts'
import { keepWatching } from '../live/keep-watching.ts'
import type { RatingCache } from '../rating/rating-cache.ts'
import { isNotFound } from '../rpc-error.ts'

interface WatchOptions {
  readonly clients: Clients
  readonly ratingCache: RatingCache
  readonly connection: Signal<ConnectionState | undefined>
  readonly movieId: string
  /** The movie when the list has it already. */
  readonly known: Movie | undefined
}

export interface WatchedMovie {
  readonly movie: ReadonlySignal<Movie | undefined>
  /** `lost` while the stream is down. */
  readonly status: ReadonlySignal<'watching' | 'not-found' | 'lost'>
  start(): () => void
}

/** A movie; while it is watched, its rating in the cache is current. */
export function createWatchedMovie(options: WatchOptions): WatchedMovie {
  const { clients, ratingCache, connection, movieId, known } = options
  const movie = signal<Movie | undefined>(known)
  const status = signal<'watching' | 'not-found' | 'lost'>('watching')
  const watch = async (signal: AbortSignal) => {
    await keepWatching({
      signal,
      open: (streamSignal) =>
        clients.movies.watchMovieDetails({ movieId }, { signal: streamSignal, timeoutMs: 0 }),
      onMessage: ({ movieDetails }) => {
        if (!movieDetails) return
        movie.value ??= movieDetails.metadata
        ratingCache.setNextFrame(movieId, readMovieRating(movieDetails))
      },
      onState: (state) => {
        connection.value = state
        if (state === 'live') status.value = 'watching'
        if (state === 'waiting') status.value = 'lost'
      },
      isFinal: isNotFound,
    })
    if (signal.aborted) return
    status.value = 'not-found'
    connection.value = undefined
  }
  return {
    movie,
    status,
    start() {
      const stop = new AbortController()
      void watch(stop.signal)
      return () => {
        stop.abort()
        connection.value = undefined
      }
    },
  }
}
