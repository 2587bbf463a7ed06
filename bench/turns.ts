import { setImmediate as nextTurn } from 'node:timers/promises'

/** Measures the longest turn of the event loop, and calls `change` in each. */
export function watchTurns(change: () => void = () => {}) {
  let longestMs = 0
  let isStopped = false
  const watching = (async () => {
    for (let lastMs = performance.now(); !isStopped; ) {
      await nextTurn()
      const nowMs = performance.now()
      longestMs = Math.max(longestMs, nowMs - lastMs)
      lastMs = nowMs
      change()
    }
  })()
  return {
    /** Returns the longest turn, in milliseconds. */
    async stop(): Promise<number> {
      isStopped = true
      await watching
      return longestMs
    },
  }
}
