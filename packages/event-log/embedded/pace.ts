/** Duration of a step that the number of records is adjusted to, in milliseconds. */
const stepMs = 10
/** Bounds of the number of records in a step, and the number of the first step. */
const stepRecords = { countMin: 50, countMax: 5_000, countFirst: 500 } as const
/** Maximum pause after a step, in milliseconds. */
const pauseMaxMs = 100

/** Size of the steps of a task in the background, and the pauses between them. */
export interface Pace {
  /** Returns the maximum number of records in the next step. */
  countMax(): number
  /**
   * Adjusts the steps to the duration of the last one, and returns the pause that follows. There is
   * none when the task is far behind.
   */
  pauseAfterMs(durationMs: number, isBehind: boolean): number
}

/** Creates a pace that uses at most half of the event loop, in short steps. */
export function createPace(): Pace {
  let count: number = stepRecords.countFirst
  return {
    countMax: () => count,
    pauseAfterMs(durationMs, isBehind) {
      const factor = Math.min(2, stepMs / Math.max(durationMs, 1))
      const wanted = Math.round(count * factor)
      count = Math.min(stepRecords.countMax, Math.max(stepRecords.countMin, wanted))
      return isBehind ? 0 : Math.min(pauseMaxMs, durationMs)
    },
  }
}
