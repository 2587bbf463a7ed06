import { setTimeout as delay } from 'node:timers/promises'
import { type Ask, type Details, join, type RatingSource } from './movie.ts'

/** How long to wait before the ratings are asked for again: doubled with each failure, and jittered. */
const retryDelayMs = { min: 250, max: 5_000 }

/** A loss is a mishap, and the ratings are asked for again at once, unless the one before was as recent as this. */
const mishapIntervalMs = 5_000

export interface WatchOptions<M, R> {
  readonly movieId: string
  readonly metadata: M
  readonly ratings: RatingSource<R>
  readonly ask: Ask
  /** From 0 to 1, as `Math.random`. */
  readonly random?: () => number
  /** In milliseconds, from whenever. */
  readonly clock?: () => number
}

/** How long the ratings may take to answer at all, before the details are told without. */
const firstAnswerTimeoutMs = 1_000

/**
 * A movie's details, and again whenever its rating changes, until the signal is aborted. While the ratings are
 * unavailable the details say so, once, and are asked for again. A watch that is lost is opened anew at once, and only
 * when that fails or is late are the ratings called unavailable: a lost connection is not worth telling.
 */
export async function* watchDetails<M, R>({
  movieId,
  metadata,
  ratings,
  ask,
  random = Math.random,
  clock = () => performance.now(),
}: WatchOptions<M, R>): AsyncGenerator<Details<M, R>> {
  const { signal } = ask
  let failures = 0
  let mishapTimeMs = Number.NEGATIVE_INFINITY
  let told: Details<M, R>['ratingStatus'] | undefined
  const tell = (details: Details<M, R>) => {
    told = details.ratingStatus
    return details
  }
  const tellUnavailable = (reason: string) => tell(join(metadata, { kind: 'unavailable', reason }))
  while (!signal.aborted) {
    try {
      for await (const rating of sayingWhenLate(ratings.watch(movieId, ask))) {
        if (rating === late) {
          if (told !== 'unavailable') yield tellUnavailable('the ratings are late')
          continue
        }
        failures = 0
        yield tell(join(metadata, rating === undefined ? absent : { kind: 'found', value: rating }))
      }
    } catch (error) {
      if (signal.aborted) return
      const isMishap = failures === 0 && clock() - mishapTimeMs >= mishapIntervalMs
      failures++
      if (isMishap) {
        mishapTimeMs = clock()
        continue
      }
      if (told !== 'unavailable') yield tellUnavailable((error as Error).message)
    }
    const longest = Math.min(retryDelayMs.max, retryDelayMs.min * 2 ** failures)
    await delay(longest * (0.5 + random() / 2), undefined, { signal }).catch(() => {})
  }
}

const absent = { kind: 'absent' } as const
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
