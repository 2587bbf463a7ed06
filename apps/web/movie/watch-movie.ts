import { type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { type Movie, readMovie, readMovieRating } from '../catalogue/movie.ts'
import type { Clients } from '../clients.ts'
import type { ConnectionState } from '../live/connection.ts'
import { keepWatching } from '../live/keep-watching.ts'
import type { RatingBoard } from '../rating/board.ts'
import { isNotFound } from '../rpc-error.ts'

interface Watched {
  readonly clients: Clients
  readonly board: RatingBoard
  readonly connection: Signal<ConnectionState | undefined>
  readonly movieId: string
  /** What is known already, of the list. */
  readonly known: Movie | undefined
}

export interface WatchedMovie {
  readonly movie: ReadonlySignal<Movie | undefined>
  /** `lost` until the stream is back. */
  readonly status: ReadonlySignal<'watching' | 'absent' | 'lost'>
  start(): () => void
}

/** A movie, and its rating on the board, fresh while it is watched. */
export function createWatchedMovie(watched: Watched): WatchedMovie {
  const { clients, board, connection, movieId, known } = watched
  const movie = signal(known)
  const status = signal<'watching' | 'absent' | 'lost'>('watching')
  const watch = async (signal: AbortSignal) => {
    await keepWatching({
      signal,
      open: (streamSignal) =>
        clients.movies.watchMovieDetails({ movieId }, { signal: streamSignal, timeoutMs: 0 }),
      onMessage: ({ movieDetails }) => {
        if (!movieDetails) return
        movie.value ??= readMovie(movieDetails)
        board.gather(movieId, readMovieRating(movieDetails))
      },
      onState: (state) => {
        connection.value = state
        if (state === 'live') status.value = 'watching'
        if (state === 'waiting') status.value = 'lost'
      },
      isFinal: isNotFound,
    })
    if (signal.aborted) return
    status.value = 'absent'
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
