/** Time source of an engine. A test passes its own. */
export interface Clock {
  /** Returns monotonic time, in milliseconds. */
  now(): number
  /**
   * Calls `act` at every interval, in milliseconds, without keeping the process alive. Returns a
   * function that stops it.
   */
  every(intervalMs: number, act: () => void): () => void
}

/** Clock of the runtime. */
export const systemClock: Clock = {
  now: () => performance.now(),
  every(intervalMs, act) {
    const timer = setInterval(act, intervalMs)
    timer.unref()
    return () => clearInterval(timer)
  },
}
