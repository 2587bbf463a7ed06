/** Gives long work one slice per turn of the event loop, whoever it is for. */
export interface Slices {
  /** Resolves when the next slice may begin. Rejects with the reason when the signal is aborted by then. */
  next(signal?: AbortSignal): Promise<void>
}

/**
 * Slices are given in the order in which they were asked for, one per turn: any number of long searches together delay
 * everything else by one slice, and each of them gets on.
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
