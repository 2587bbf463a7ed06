import { effect, type ReadonlySignal, type Signal } from '@preact/signals'
import { recordType } from '../catalogue/movie.ts'
import type { Clients } from '../clients.ts'
import type { ConnectionState } from '../live/connection.ts'
import { keepWatching } from '../live/keep-watching.ts'
import { readRating } from '../rating/aggregate.ts'
import type { RatingCache } from '../rating/rating-cache.ts'

/** Maximum number of records in one stream; the rating service allows no more. */
const movieCountMax = 500

/** Delay until scrolling has stopped; then the stream is replaced. */
const settleMs = 250

interface WatchRatingsOptions {
  readonly clients: Clients
  readonly ratingCache: RatingCache
  readonly connection: Signal<ConnectionState | undefined>
  /** The movies near the viewport. */
  readonly movieIds: ReadonlySignal<readonly string[]>
}

/** Keeps the ratings of the movies current over one stream. Returns a function that stops it. */
export function watchRatings({
  clients,
  ratingCache,
  connection,
  movieIds,
}: WatchRatingsOptions): () => void {
  let stop = new AbortController()
  let started = false
  const start = (ids: readonly string[]) => {
    stop.abort()
    stop = new AbortController()
    const records = ids.slice(0, movieCountMax).map((recordId) => ({ recordId, recordType }))
    let sinceRevision = 0n
    void keepWatching({
      signal: stop.signal,
      open: async (signal) => {
        const ratings = await clients.ratings()
        return ratings.watchAggregatedRatings({ records, sinceRevision }, { signal, timeoutMs: 0 })
      },
      onMessage: ({ aggregatedRating, resumeRevision }) => {
        sinceRevision = resumeRevision
        if (aggregatedRating)
          ratingCache.setNextFrame(aggregatedRating.recordId, readRating(aggregatedRating))
      },
      onState: (state) => {
        // A new stream for other movies is not a lost connection.
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
