import { effect, type ReadonlySignal, type Signal } from '@preact/signals'
import { recordType } from '../catalogue/movie.ts'
import type { Clients } from '../clients.ts'
import type { ConnectionState } from '../live/connection.ts'
import { keepWatching } from '../live/keep-watching.ts'
import { readRating } from '../rating/aggregate.ts'
import type { RatingBoard } from '../rating/board.ts'

/** As many records as one stream may name. */
const movieCountMax = 500

/** Scrolling goes on for a while; the stream changes when it rests. */
const settleMs = 250

interface Watched {
  readonly clients: Clients
  readonly board: RatingBoard
  readonly connection: Signal<ConnectionState | undefined>
  /** Those near the viewport. */
  readonly movieIds: ReadonlySignal<readonly string[]>
}

/** Keeps the ratings of the movies fresh over one stream, until it is stopped. */
export function watchRatings({ clients, board, connection, movieIds }: Watched): () => void {
  let stop = new AbortController()
  let started = false
  const start = (ids: readonly string[]) => {
    stop.abort()
    stop = new AbortController()
    const records = ids.slice(0, movieCountMax).map((recordId) => ({ recordId, recordType }))
    void keepWatching({
      signal: stop.signal,
      open: async (signal) => {
        const ratings = await clients.ratings()
        return ratings.watchAggregatedRatings({ records }, { signal, timeoutMs: 0 })
      },
      onMessage: ({ aggregatedRating }) => {
        if (aggregatedRating) board.gather(aggregatedRating.recordId, readRating(aggregatedRating))
      },
      onState: (state) => {
        // Other movies over a new stream are no loss of the connection.
        if (state !== 'connecting' || connection.peek() !== 'live') connection.value = state
      },
    })
  }
  const stopEffect = effect(() => {
    const ids = movieIds.value
    if (ids.length === 0) return
    const timer = setTimeout(start, started ? settleMs : 0, ids)
    started = true
    return () => clearTimeout(timer)
  })
  return () => {
    stopEffect()
    stop.abort()
    connection.value = undefined
  }
}
