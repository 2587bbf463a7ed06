import { setTimeout as delay } from 'node:timers/promises'
import { type Ask, type Details, join, type RatingSource } from './movie.ts'

/** How long to wait before the ratings are asked for again: doubled with each failure, and jittered. */
const retryDelayMs = { min: 250, max: 5_000 }

export interface WatchOptions<M, R> {
  readonly movieId: string
  readonly metadata: M
  readonly ratings: RatingSource<R>
  readonly ask: Ask
  /** From 0 to 1, as `Math.random`. */
  readonly random?: () => number
}

/**
 * A movie's details, and again whenever its rating changes, until the signal is aborted. While the ratings are
 * unavailable the details say so, once, and are asked for again.
 */
export async function* watchDetails<M, R>({
  movieId,
  metadata,
  ratings,
  ask,
  random = Math.random,
}: WatchOptions<M, R>): AsyncGenerator<Details<M, R>> {
  const { signal } = ask
  let failures = 0
  while (!signal.aborted) {
    try {
      for await (const rating of ratings.watch(movieId, ask)) {
        failures = 0
        yield join(metadata, rating === undefined ? absent : { kind: 'found', value: rating })
      }
    } catch (error) {
      if (signal.aborted) return
      const reason = (error as Error).message
      if (failures === 0) yield join(metadata, { kind: 'unavailable', reason })
      failures++
    }
    const longest = Math.min(retryDelayMs.max, retryDelayMs.min * 2 ** failures)
    await delay(longest * (0.5 + random() / 2), undefined, { signal }).catch(() => {})
  }
}

const absent = { kind: 'absent' } as const
