/** The time of an engine, so that a test can pass its own. */
export interface Clock {
  /** Returns milliseconds that only go forward. */
  now(): number
  /** Calls `act` at every interval, without keeping the process alive, until the returned function is called. */
  every(intervalMs: number, act: () => void): () => void
}

/** The time of the runtime. */
export const systemClock: Clock = {
  now: () => performance.now(),
  every(intervalMs, act) {
    const timer = setInterval(act, intervalMs)
    timer.unref()
    return () => clearInterval(timer)
  },
}
