export const delayMinMs = 500
export const delayMaxMs = 10_000

/**
 * The delay before the next try after `failureCount` failures in a row (from 1). It doubles each
 * time, and half of it is random, so that pages that lost the same server do not return together.
 */
export function backOffMs(failureCount: number, random: () => number = Math.random): number {
  const delayMs = Math.min(delayMaxMs, delayMinMs * 2 ** Math.min(failureCount, 16))
  return Math.max(delayMinMs, delayMs / 2 + (delayMs / 2) * random())
}
