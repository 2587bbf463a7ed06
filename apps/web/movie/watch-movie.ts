import type { RpcError } from '@marquee/client/result'
import { type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { type Movie, readMovieRating } from '../catalogue/movie.ts'
import type { Clients } from '../clients.ts'
import type { ConnectionState } from '../live/connection.ts'
import type { RatingCache } from '../rating/rating-cache.ts'

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
  /** `lost` while the stream is down, `refused` when the service does not open it. */
  readonly status: ReadonlySignal<'watching' | 'not-found' | 'lost' | 'refused'>
  /** Why the stream is down. */
  readonly error: ReadonlySignal<RpcError | undefined>
  start(): () => void
}

/** A movie; while it is watched, its rating in the cache is current. */
export function createWatchedMovie(options: WatchOptions): WatchedMovie {
  const { clients, ratingCache, connection, movieId, known } = options
  const movie = signal<Movie | undefined>(known)
  const status = signal<'watching' | 'not-found' | 'lost' | 'refused'>('watching')
  const error = signal<RpcError | undefined>(undefined)
  const watch = async (signal: AbortSignal) => {
    for await (const event of clients.movie.watchMovie({ movieId }, { signal })) {
      connection.value = event.state === 'failed' ? undefined : event.state
      if (event.state === 'waiting' || event.state === 'failed') error.value = event.error
      if (event.state === 'waiting') status.value = 'lost'
      if (event.state === 'failed') status.value = statusAfter(event.error)
      if (event.state !== 'live') continue
      status.value = 'watching'
      const { movieDetails } = event.value
      if (!movieDetails) continue
      movie.value ??= movieDetails.metadata
      ratingCache.setNextFrame(movieId, readMovieRating(movieDetails))
    }
  }
  return {
    movie,
    status,
    error,
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

function statusAfter({ code }: RpcError): 'not-found' | 'refused' {
  return code === 'not_found' ? 'not-found' : 'refused'
}
