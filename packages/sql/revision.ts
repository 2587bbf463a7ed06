/**
 * Returns the revision that follows `previous`, which is 0 for none. A revision is at least the
 * time in microseconds. A store that is created again or restored from a backup therefore continues
 * beyond the revisions it has reported before. This holds for fewer than 1,000 changes a
 * millisecond, and unless the clock is set back. The result is a safe integer until the year 2255.
 */
export function nextRevision(previous: number, timeMs: number): number {
  return Math.max(previous + 1, Math.trunc(timeMs * 1_000))
}
