import { createBackOff } from '@marquee/back-off/exponential'
import type { Details } from './movie.ts'

/** Details of a movie, with the revision of the last rating that they or earlier ones had. */
export interface ReachedDetails<M, R, Unknown = never> {
  readonly details: Details<M, R>
  readonly revision: bigint | Unknown
}

export interface ResumeOptions<M, R> {
  /** States that all viewers of the movie share. They may be older than what this viewer has seen. */
  readonly states: AsyncIterable<ReachedDetails<M, R, undefined>>
  /** Revision of the rating that this viewer has seen. 0 for none. */
  readonly sinceRevision: bigint
  /** Reads the state in bounded time. Calls at the same time may share a read. */
  readonly read: () => Promise<ReachedDetails<M, R, undefined>>
  /** Waits for `delayMs` milliseconds, or until the signal is aborted. Does not reject. */
  readonly wait: (delayMs: number, signal: AbortSignal) => Promise<unknown>
  readonly signal: AbortSignal
}

/** Wait until an unavailable rating is read again. */
const backOff = createBackOff({ firstMs: 250, maxMs: 5_000 })

/**
 * Yields the states of a viewer that resumes, none of which is older than what it has seen. When a
 * shared state is older, this instance may lag, or the viewer's revision may be of another database:
 * the state that is read then decides.
 */
export async function* resumeDetails<M, R>(
  options: ResumeOptions<M, R>,
): AsyncGenerator<ReachedDetails<M, R>> {
  let seen = options.sinceRevision
  // The shared states do not go back once they have reached what the viewer has seen.
  let isReached = seen === 0n
  for await (const shared of options.states) {
    const { revision } = shared
    isReached ||= revision !== undefined && revision >= seen
    if (isReached || revision === undefined) {
      seen = revision ?? seen
      yield { details: shared.details, revision: seen }
      continue
    }
    const current = yield* readCurrent(seen, options)
    if (current === undefined) return
    isReached = current.revision === revision
    seen = current.revision ?? seen
    yield { details: isReached ? shared.details : current.details, revision: seen }
  }
}

/**
 * Reads the state until it has a rating, or the signal is aborted. Yields once that the rating is
 * unavailable.
 */
async function* readCurrent<M, R>(
  seen: bigint,
  { read, wait, signal }: ResumeOptions<M, R>,
): AsyncGenerator<ReachedDetails<M, R>, ReachedDetails<M, R, undefined> | undefined> {
  for (let failureCount = 0; !signal.aborted; ) {
    let current = await read()
    // This read may have begun before the viewer came. The next one has not.
    if ((current.revision ?? -1n) < seen) current = await read()
    const { details } = current
    if (details.ratingStatus !== 'unavailable') return current
    if (failureCount === 0) yield { details, revision: seen }
    failureCount++
    await wait(backOff(failureCount), signal)
  }
  return undefined
}
