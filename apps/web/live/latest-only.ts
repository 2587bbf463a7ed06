/** Runs only the newest task: each run aborts the previous one and drops its result. */
export interface LatestOnly {
  /**
   * Runs the task after `delayMs`. Default: 0. Resolves with undefined when a newer run replaced it,
   * whether it had started, succeeded or failed.
   */
  run<Result>(
    task: (signal: AbortSignal) => Promise<Result>,
    delayMs?: number,
  ): Promise<Result | undefined>
}

export function createLatestOnly(): LatestOnly {
  let newest = new AbortController()
  return {
    async run(task, delayMs = 0) {
      newest.abort()
      newest = new AbortController()
      const { signal } = newest
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
      if (signal.aborted) return undefined
      try {
        const result = await task(signal)
        return signal.aborted ? undefined : result
      } catch (error) {
        if (signal.aborted) return undefined
        throw error
      }
    },
  }
}
