/** Upper bounds of the histogram of durations, in seconds. The last bucket has no bound. */
export const durationBounds = [
  ...[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5],
  ...[1, 5],
]
export const durationBoundsMs = durationBounds.map((seconds) => seconds * 1000)

/** Counts of calls since the process started. */
export interface Counts {
  readonly countByCode: ReadonlyMap<string, number>
  /** Number of calls per bucket of the histogram. */
  readonly countByBound: readonly number[]
}

/** Counts of the calls of one method by one protocol. */
export interface CallTally extends Counts {
  readonly protocol: string
  readonly method: string
  /** Sum of their durations, in milliseconds. */
  readonly sumMs: number
  readonly isStream: boolean
  /** True for calls by which the system looks after itself. */
  readonly isInternal: boolean
}

export class Tally implements Counts {
  readonly countByCode = new Map<string, number>()
  readonly countByBound: number[] = new Array(durationBoundsMs.length + 1).fill(0)
  sumMs = 0

  /** @param durationMs `undefined` for a call that is not in the histogram. */
  add(code: string, durationMs: number | undefined): void {
    this.countByCode.set(code, (this.countByCode.get(code) ?? 0) + 1)
    if (durationMs === undefined) return
    let bound = 0
    while (bound < durationBoundsMs.length && durationMs > (durationBoundsMs[bound] ?? 0)) bound++
    this.countByBound[bound] = (this.countByBound[bound] ?? 0) + 1
    this.sumMs += durationMs
  }
}

/** Codes that are a fault of the service, not of its caller. */
const faults = new Set([
  ...['unknown', 'deadline_exceeded', 'resource_exhausted', 'internal', 'unavailable', 'data_loss'],
])

export function isFault(code: string): boolean {
  return faults.has(code)
}
