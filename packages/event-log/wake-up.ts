/** A signal that wakes everything that waits for it. */
export interface WakeUp {
  signal(): void
  /**
   * Resolves at the next signal. Call it before looking for records, so that no later signal is
   * missed.
   */
  next(): Promise<void>
  /** Resolves at the next signal or after the time, whichever comes first. */
  sleep(timeoutMs: number): Promise<void>
}

export function createWakeUp(): WakeUp {
  let waiting = Promise.withResolvers<void>()
  const sleepers = new Set<() => void>()
  return {
    signal() {
      waiting.resolve()
      waiting = Promise.withResolvers()
      for (const wake of sleepers) wake()
    },
    next: () => waiting.promise,
    async sleep(timeoutMs) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, timeoutMs)
      sleepers.add(resolve)
      await promise
      clearTimeout(timer)
      sleepers.delete(resolve)
    },
  }
}

/**
 * Returns whether the promise resolves within the time. Rejects when the promise rejects in that
 * time.
 */
export async function within(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(resolve, timeoutMs, false)
  try {
    return await Promise.race([promise.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
