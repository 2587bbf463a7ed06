/** Time source of an engine. A test passes its own. */
export interface Clock {
  /** Returns monotonic time, in milliseconds. */
  now(): number
  /**
   * Calls `act` at every interval, in milliseconds, without keeping the process alive. Returns a
   * function that stops it.
   */
  every(intervalMs: number, act: () => void): () => void
  /**
   * Calls `act` once after a delay of at most `timerMsMax`, without keeping the process alive.
   * Returns a function that cancels it.
   */
  after(delayMs: number, act: () => void): () => void
}

/** Longest delay of a timer, in milliseconds: 25 days. */
export const timerMsMax = 2 ** 31 - 1

/** Clock of the runtime. */
export const systemClock: Clock = {
  now: () => performance.now(),
  every(intervalMs, act) {
    const timer = setInterval(act, intervalMs)
    timer.unref()
    return () => clearInterval(timer)
  },
  after(delayMs, act) {
    const timer = setTimeout(act, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
