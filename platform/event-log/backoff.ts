/** The first and the longest wait before a failed step is tried again, in milliseconds. */
const backoffFirstMs = 100
const backoffLongestMs = 10_000

/** Exponential, and jittered so that what failed together does not come back together. */
export function backoffMs(failures: number, random: () => number): number {
  const longest = Math.min(backoffLongestMs, backoffFirstMs * 2 ** (failures - 1))
  return longest * (0.5 + random() / 2)
}
