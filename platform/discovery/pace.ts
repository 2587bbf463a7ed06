/** The first and the longest wait before what failed is tried again, in milliseconds. */
export const backOffMs = { first: 200, max: 5_000 }

/** How long to wait after so many failures in a row: longer each time, and not the same for all who failed together. */
export function backOff(failureCount: number, random: () => number): number {
  const longestMs = Math.min(backOffMs.first * 2 ** (failureCount - 1), backOffMs.max)
  return longestMs * (0.5 + random() / 2)
}

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
