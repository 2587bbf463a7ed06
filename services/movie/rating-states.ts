import { setTimeout as delay } from 'node:timers/promises'
import type { Answer, Ask, RatingSource } from './movie.ts'

/** How long to wait before the ratings are asked for again: doubled with each failure, and jittered. */
const retryDelayMs = { min: 250, max: 5_000 }
/** A loss is a mishap, and the ratings are asked for again soon, unless the one before was as recent as this. */
const mishapIntervalMs = 5_000
/** How soon, at most, so that not all movies are asked for in one moment. */
const mishapDelayMsMax = 100
/** How long the ratings may take to answer at all, before they are called unavailable. */
const firstAnswerTimeoutMs = 1_000

export interface RatingStatesOptions<R> {
  readonly movieId: string
  readonly ratings: RatingSource<R>
  readonly ask: Ask
  /** From 0 to 1, as `Math.random`. */
  readonly random?: () => number
  /** In milliseconds, from whenever. */
  readonly clock?: () => number
}

/**
 * A movie's rating, and again whenever it changes, until the signal is aborted. While the ratings are unavailable it says
 * so, once, and they are asked for again. A watch that is lost is opened again soon, and only when that fails or is late
 * are the ratings called unavailable: a lost connection is not worth telling.
 */
export async function* ratingStates<R>({
  movieId,
  ratings,
  ask,
  random = Math.random,
  clock = () => performance.now(),
}: RatingStatesOptions<R>): AsyncGenerator<Answer<R>> {
  const { signal } = ask
  let failures = 0
  let mishapTimeMs = Number.NEGATIVE_INFINITY
  let isUnavailable = false
  while (!signal.aborted) {
    let isMishap = false
    try {
      for await (const rating of sayingWhenLate(ratings.watch(movieId, ask))) {
        if (rating === late) {
          if (!isUnavailable) yield unavailable('the ratings are late')
          isUnavailable = true
          continue
        }
        failures = 0
        isUnavailable = false
        yield rating === undefined ? { kind: 'absent' } : { kind: 'found', value: rating }
      }
    } catch (error) {
      if (signal.aborted) return
      isMishap = failures === 0 && clock() - mishapTimeMs >= mishapIntervalMs
      failures++
      if (isMishap) mishapTimeMs = clock()
      else {
        if (!isUnavailable) yield unavailable((error as Error).message)
        isUnavailable = true
      }
    }
    const longest = Math.min(retryDelayMs.max, retryDelayMs.min * 2 ** failures)
    const delayMs = isMishap ? random() * mishapDelayMsMax : longest * (0.5 + random() / 2)
    await delay(delayMs, undefined, { signal }).catch(() => {})
  }
}

function unavailable(reason: string) {
  return { kind: 'unavailable', reason } as const
}

const late = Symbol('late')

/** The values of the source, after `late` when the first of them takes too long. */
async function* sayingWhenLate<T>(source: AsyncIterable<T>): AsyncGenerator<T | typeof late> {
  const iterator = source[Symbol.asyncIterator]()
  const answered = new AbortController()
  let next = iterator.next()
  try {
    const timer = delay(firstAnswerTimeoutMs, late, answered).catch(() => late)
    if ((await Promise.race([next, timer])) === late) yield late
    for (;;) {
      const result = await next
      answered.abort()
      if (result.done) return
      yield result.value
      next = iterator.next()
    }
  } finally {
    answered.abort()
    next.catch(() => {})
    void iterator.return?.()
  }
}
