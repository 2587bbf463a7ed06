import { setTimeout as delay } from 'node:timers/promises'
import { createBackOff } from '@marquee/back-off/exponential'
import { type Clock, systemClock } from '@marquee/http/clock'
import type { MovieRating, RatedMovies } from './rated-movies.ts'

/** A message of the rating service: the rating of one movie, or only a revision. */
export interface RatingMessage {
  readonly movie?: { readonly id: string; readonly rating: MovieRating | undefined }
  /** Revision up to which every rating has been sent with this message. */
  readonly revision: number
  /** True when all ratings that there were have been sent. */
  readonly isCaughtUp: boolean
}

/** Yields what has changed since a revision, then each change. 0 for all ratings. */
export type WatchRatings = (
  sinceRevision: number,
  signal: AbortSignal,
) => AsyncIterable<RatingMessage>

/** Progress of the ratings in memory. */
export interface RatingsState {
  /** Revision up to which they have every change. */
  readonly revision: number
  /**
   * Time since which changes may be missing. `undefined` while the rating service can be reached.
   */
  readonly unavailableSince: Date | undefined
  /** Number of ratings of all movies. `undefined` when there is no room for all rated movies. */
  readonly ratingCount: number | undefined
}

/** The ratings of movies, kept up to date in the background. */
export interface FollowedRatings {
  /** Returns `undefined` until all ratings were read once. */
  state(): RatingsState | undefined
}

export interface FollowRatingsOptions {
  readonly watch: WatchRatings
  /** Gets the ratings. */
  readonly rated: RatedMovies
  /** Notified of what operators should know. */
  readonly onWarning: (message: string) => void
  readonly clock?: Clock
  /** Waits for a time in milliseconds, or until the signal is aborted. */
  readonly wait?: (delayMs: number, signal: AbortSignal) => Promise<unknown>
}

/** Wait before the next watch, which grows with each failure in a row. */
const backOff = createBackOff({ firstMs: 100, maxMs: 1_000 })
/**
 * Number of failures in a row from which on the service counts as unavailable. A lost connection
 * alone does not matter.
 */
const lossesMax = 2
/** Number of failures in a row that is worth a warning. */
const failuresMax = 8
/**
 * Maximum silence of a watch, in milliseconds. The service repeats its last message three times
 * meanwhile.
 */
const idleTimeoutMs = 45_000
/** Interval at which the silence is measured, in milliseconds. */
const idleCheckMs = 5_000

/** Follows the ratings until disposed. Opens a lost watch again, from the last revision. */
export function followRatings(options: FollowRatingsOptions): FollowedRatings & AsyncDisposable {
  const { watch, rated, onWarning, clock = systemClock, wait = waitUnlessAborted } = options
  const closing = new AbortController()
  const { signal } = closing
  let revision = 0
  let isComplete = false
  let isFull = false
  let lostAt: Date | undefined
  let unavailableSince: Date | undefined
  let failureCount = 0

  async function apply({ movie, revision: reached, isCaughtUp }: RatingMessage): Promise<void> {
    // The revisions of another database begin again, with all of its ratings.
    if (reached < revision) {
      isComplete = false
      await rated.clear()
    }
    revision = reached
    if (movie && !rated.set(movie.id, movie.rating) && !isFull) {
      isFull = true
      onWarning(`there is room for ${rated.count()} rated movies: lists leave out the others`)
    }
    if (!isCaughtUp) return
    isComplete = true
    failureCount = 0
    lostAt = undefined
    unavailableSince = undefined
  }

  async function readOnce(): Promise<void> {
    const lost = new AbortController()
    let heardMs = clock.now()
    const stop = clock.every(idleCheckMs, () => {
      if (clock.now() - heardMs >= idleTimeoutMs) lost.abort(new Error('it sends nothing'))
    })
    try {
      for await (const message of watch(revision, AbortSignal.any([signal, lost.signal]))) {
        heardMs = clock.now()
        await apply(message)
      }
    } finally {
      stop()
      lost.abort()
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const reason = await readOnce().then(
        () => 'it ended the watch',
        (error: Error) => error.message,
      )
      if (signal.aborted) return
      failureCount++
      lostAt ??= new Date()
      if (failureCount >= lossesMax) unavailableSince ??= lostAt
      if (failureCount === failuresMax) onWarning(`the rating service is unavailable: ${reason}`)
      await wait(backOff(failureCount), signal)
    }
  }

  const running = run()
  return {
    state() {
      if (!isComplete) return undefined
      const ratingCount = isFull ? undefined : rated.ratingCount()
      return { revision, unavailableSince, ratingCount }
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
      await running
    },
  }
}

async function waitUnlessAborted(delayMs: number, signal: AbortSignal): Promise<void> {
  await delay(delayMs, undefined, { signal }).catch(() => {})
}
