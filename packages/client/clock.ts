/** Time, for deadlines and waits. */
export interface Clock {
  /** Milliseconds since some fixed time. */
  now(): number
  /** Calls `act` once after a delay. Returns a function that cancels it. */
  after(delayMs: number, act: () => void): () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, act) {
    const timer = setTimeout(act, delayMs)
    return () => clearTimeout(timer)
  },
}

/** Resolves after the delay, when there is one, or when the signal aborts. */
export function pause(
  clock: Clock,
  delayMs: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const settle = () => {
      cancel()
      signal.removeEventListener('abort', settle)
      resolve()
    }
    const cancel = delayMs === undefined ? () => {} : clock.after(delayMs, settle)
    signal.addEventListener('abort', settle)
  })
}
