export interface RateLimitOptions {
  /** Number of steps that may follow each other without a wait. */
  readonly burst: number
  /** Interval between further steps, in milliseconds. */
  readonly intervalMs: number
  /** Monotonic clock, in milliseconds. */
  readonly clock: () => number
}

/**
 * Creates a rate limit, as a token bucket. Each call of the function counts one step, and returns
 * how long to wait before it, in milliseconds.
 */
export function createRateLimit({ burst, intervalMs, clock }: RateLimitOptions): () => number {
  let emptyUntilMs = Number.NEGATIVE_INFINITY
  return () => {
    const nowMs = clock()
    emptyUntilMs = Math.max(emptyUntilMs, nowMs)
    const waitMs = Math.max(emptyUntilMs - (burst - 1) * intervalMs - nowMs, 0)
    emptyUntilMs += intervalMs
    return waitMs
  }
}
