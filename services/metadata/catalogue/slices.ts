/** Divides long tasks into slices, and runs one slice per event-loop turn. */
export interface Slices {
  /** Resolves when the next slice may begin. Rejects with the reason when the signal is aborted. */
  next(signal?: AbortSignal): Promise<void>
}

/**
 * Grants slices in the order of the requests, one per turn. Any number of long searches delays
 * everything else by one slice, and each of them progresses.
 */
export function createSlices(): Slices {
  const waiting: (() => void)[] = []
  let scheduled = false

  function schedule(): void {
    if (scheduled || waiting.length === 0) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      waiting.shift()?.()
      schedule()
    })
  }

  return {
    async next(signal) {
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push(resolve)
      schedule()
      await promise
      signal?.throwIfAborted()
    },
  }
}
