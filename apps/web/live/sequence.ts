/** Runs the newest of what is asked for: each run aborts the one before, whose answer is dropped. */
export interface Sequence {
  /**
   * Runs after `delayMs`, unless another run is asked for meanwhile. Settles with undefined when it
   * was overtaken, whether it had begun, had its answer, or had failed.
   */
  run<Answer>(
    work: (signal: AbortSignal) => Promise<Answer>,
    delayMs?: number,
  ): Promise<Answer | undefined>
  stop(): void
}

export function createSequence(): Sequence {
  let newest = new AbortController()
  return {
    async run(work, delayMs = 0) {
      newest.abort()
      newest = new AbortController()
      const { signal } = newest
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
      if (signal.aborted) return undefined
      try {
        const answer = await work(signal)
        return signal.aborted ? undefined : answer
      } catch (error) {
        if (signal.aborted) return undefined
        throw error
      }
    },
    stop: () => newest.abort(),
  }
}
