import { effect, type ReadonlySignal, type Signal } from '@preact/signals'
import { recordType } from '../catalogue/movie.ts'
import type { Clients } from '../clients.ts'
import type { ConnectionState } from '../live/connection.ts'
import { readRating } from '../rating/aggregate.ts'
import type { RatingCache } from '../rating/rating-cache.ts'

/** Maximum number of records in one stream; the rating service allows no more. */
const movieCountMax = 500

/** Delay until scrolling has stopped; then the stream is replaced. */
const settleMs = 250

interface WatchRatingsOptions {
  readonly clients: Pick<Clients, 'rating'>
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
  /** Ids of the watched movies. Undefined before the first. */
  let watched: string | undefined
  const watch = async (ids: readonly string[], signal: AbortSignal) => {
    const records = ids.slice(0, movieCountMax).map((recordId) => ({ recordId, recordType }))
    const rating = await clients.rating()
    for await (const event of rating.watchRatings({ records }, { signal })) {
      const { state } = event
      // A new stream for other movies is not a lost connection.
      const isReplaced = state === 'connecting' && connection.peek() === 'live'
      if (!isReplaced) connection.value = state === 'failed' ? undefined : state
      if (state === 'failed') watched = ''
      if (state !== 'live') continue
      const { aggregatedRating } = event.value
      if (aggregatedRating)
        ratingCache.setNextFrame(aggregatedRating.recordId, readRating(aggregatedRating))
    }
  }
  const start = (ids: readonly string[]) => {
    // The list also changes in other ways than by its movies, such as while it loads more.
    if (watched === ids.join()) return
    watched = ids.join()
    stop.abort()
    stop = new AbortController()
    void watch(ids, stop.signal)
  }
  const stopEffect = effect(() => {
    const ids = movieIds.value
    if (ids.length === 0) return
    const timer = setTimeout(start, watched === undefined ? 0 : settleMs, ids)
    return () => clearTimeout(timer)
  })
  return () => {
    stopEffect()
    stop.abort()
    connection.value = undefined
  }
}
