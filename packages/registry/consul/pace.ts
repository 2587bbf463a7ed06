import { createBackOff } from '@marquee/retry/back-off'

export const backOffBounds = { firstMs: 200, maxMs: 5_000 }

/** Before Consul is asked again that could not be. */
export const backOff = createBackOff(backOffBounds)

export interface PaceOptions {
  /** How many may follow each other at once. */
  readonly burst: number
  /** Between two after that, in milliseconds. */
  readonly intervalMs: number
  /** Milliseconds that never go back. */
  readonly clock: () => number
}

/**
 * A limit of the rate, as a token bucket: answers how long to wait before the next step, and counts it. What comes
 * seldom never waits.
 */
export function createPace({ burst, intervalMs, clock }: PaceOptions): () => number {
  let emptyUntilMs = Number.NEGATIVE_INFINITY
  return () => {
    const nowMs = clock()
    emptyUntilMs = Math.max(emptyUntilMs, nowMs)
    const waitMs = Math.max(emptyUntilMs - (burst - 1) * intervalMs - nowMs, 0)
    emptyUntilMs += intervalMs
    return waitMs
  }
}
