export interface BackOffBounds {
  /** The longest wait after the first failure, in milliseconds; it doubles with each failure. */
  readonly firstMs: number
  /** The longest wait of all, in milliseconds. */
  readonly maxMs: number
}

/** How long to wait after so many failures in a row, in milliseconds. `random` answers from 0 to below 1. */
export type BackOff = (failureCount: number, random?: () => number) => number

/** Exponential; the second half of each wait is by chance, so that what failed together does not come back together. */
export function createBackOff({ firstMs, maxMs }: BackOffBounds): BackOff {
  return (failureCount, random = Math.random) => {
    const longestMs = Math.min(firstMs * 2 ** (failureCount - 1), maxMs)
    return longestMs * (0.5 + random() / 2)
  }
}
