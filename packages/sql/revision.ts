/**
 * The revision that follows `previous`; 0 stands for none. It is also at least the time in microseconds, so that a
 * store made anew, or put back from a backup, goes on beyond what it has told before: that lasts as long as there are
 * fewer than 1,000 changes a millisecond and the clock is not set back. A safe integer until the year 2255.
 */
export function nextRevision(previous: number, timeMs: number): number {
  return Math.max(previous + 1, Math.trunc(timeMs * 1_000))
}
