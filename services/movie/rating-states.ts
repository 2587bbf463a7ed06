import { setTimeout as delay } from 'node:timers/promises'
import type { Caller, RatingLookup, RatingSource } from './movie.ts'

/** Delay before the next watch, in milliseconds. Doubles with each failure, with jitter. */
const retryDelayMs = { min: 250, max: 5_000 }
/** Time after a loss, in milliseconds, in which another loss is not retried soon. */
const lossIntervalMs = 5_000
/**
 * Maximum delay of a soon retry, so that the watches of all movies do not reopen at the same
 * moment.
 */
const soonDelayMsMax = 100
/**
 * Maximum time until the first rating, in milliseconds. After it, the ratings count as unavailable.
 */
const firstRatingTimeoutMs = 1_000

export interface RatingStatesOptions<R> {
  readonly movieId: string
  readonly ratings: RatingSource<R>
  readonly caller: Caller
}

/**
 * Yields the rating of a movie, and again after each change, until the signal is aborted.
 *
 * While the ratings are unavailable, it yields that once and retries. The first loss of a watch is
 * retried soon. Only when this retry fails or is late are the ratings unavailable, because a lost
 * connection alone does not matter to a viewer.
 */
export async function* ratingStates<R>({
  movieId,
  ratings,
  caller,
}: RatingStatesOptions<R>): AsyncGenerator<RatingLookup<R>> {
  const { signal } = caller
  let failures = 0
  let lossTimeMs = Number.NEGATIVE_INFINITY
  let isUnavailable = false
  while (!signal.aborted) {
    let isFirstLoss = false
    try {
      for await (const rating of withLate(ratings.watch(movieId, caller))) {
        if (rating === late) {
          if (!isUnavailable) yield unavailable('the ratings are late')
          isUnavailable = true
          continue
        }
        failures = 0
        isUnavailable = false
        yield rating
      }
    } catch (error) {
      if (signal.aborted) return
      isFirstLoss = failures === 0 && performance.now() - lossTimeMs >= lossIntervalMs
      failures++
      if (isFirstLoss) lossTimeMs = performance.now()
      else {
        if (!isUnavailable) yield unavailable((error as Error).message)
        isUnavailable = true
      }
    }
    const longest = Math.min(retryDelayMs.max, retryDelayMs.min * 2 ** failures)
    const delayMs = isFirstLoss
      ? Math.random() * soonDelayMsMax
      : longest * (0.5 + Math.random() / 2)
    await delay(delayMs, undefined, { signal }).catch(() => {})
  }
}

function unavailable(reason: string) {
  return { kind: 'unavailable', reason } as const
}

const late = Symbol('late')

/** Yields the values of the source, and `late` before them when the first one takes too long. */
async function* withLate<T>(source: AsyncIterable<T>): AsyncGenerator<T | typeof late> {
  const iterator = source[Symbol.asyncIterator]()
  const hasValue = new AbortController()
  let next = iterator.next()
  try {
    const timer = delay(firstRatingTimeoutMs, late, hasValue).catch(() => late)
    if ((await Promise.race([next, timer])) === late) yield late
    for (;;) {
      const result = await next
      hasValue.abort()
      if (result.done) return
      yield result.value
      next = iterator.next()
    }
  } finally {
    hasValue.abort()
    next.catch(() => {})
    void iterator.return?.()
  }
}
