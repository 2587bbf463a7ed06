export const delayMinMs = 500
export const delayMaxMs = 10_000

/**
 * How long to wait before the next try after so many failures in a row, from 1: doubled each time,
 * half of it by chance, so that pages that lost the same server do not all come back at once.
 */
export function backOffMs(failureCount: number, random: () => number = Math.random): number {
  const wholeMs = Math.min(delayMaxMs, delayMinMs * 2 ** Math.min(failureCount, 16))
  return Math.max(delayMinMs, wholeMs / 2 + (wholeMs / 2) * random())
}
