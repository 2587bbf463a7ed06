export interface BackOffBounds {
  /**
   * Upper bound of the wait after the first failure, in milliseconds. It doubles with each further
   * failure.
   */
  readonly firstMs: number
  /** Upper bound of every wait, in milliseconds. */
  readonly maxMs: number
}

/**
 * Returns the wait after the given number of failures in a row, in milliseconds. `random` returns a
 * number from 0 to below 1. Default: `Math.random`.
 */
export type BackOff = (failureCount: number, random?: () => number) => number

/**
 * Creates an exponential back-off. A random half of each wait spreads retries, so that clients that
 * failed together do not retry together.
 */
export function createBackOff({ firstMs, maxMs }: BackOffBounds): BackOff {
  return (failureCount, random = Math.random) => {
    const longestMs = Math.min(firstMs * 2 ** (failureCount - 1), maxMs)
    return longestMs * (0.5 + random() / 2)
  }
}
