import { setTimeout } from 'node:timers/promises'

/** How often something is sent, in milliseconds. */
const tickMs = 50
/** How many are sent at once at most, so that a stall is not made up for in one burst. */
const burstMax = 2_000

export interface PaceOptions {
  readonly ratePerSecond: number
  /** When to end: after so long, or after so many. One may be Infinity. */
  readonly durationMs: number
  readonly countMax: number
  readonly signal: AbortSignal
  readonly now?: () => number
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>
}

/**
 * Yields how many are due, again and again, at the rate on average. Nothing is due while the last
 * are still being worked on: a slow receiver makes it slower. Ends early, and quietly, when the
 * signal is aborted.
 */
export async function* pace(options: PaceOptions): AsyncGenerator<number> {
  const { ratePerSecond, durationMs, countMax, signal } = options
  const { now = () => performance.now(), wait = waitFor } = options
  const startMs = now()
  let given = 0
  while (!signal.aborted && given < countMax) {
    const elapsedMs = now() - startMs
    const due = Math.floor((Math.min(elapsedMs, durationMs) * ratePerSecond) / 1000)
    const count = Math.min(due - given, burstMax, countMax - given)
    given += count
    if (count > 0) yield count
    if (elapsedMs >= durationMs) return
    if (count === 0) await wait(tickMs, signal)
  }
}

async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  // Being aborted ends the wait, and the loop sees it.
  await setTimeout(ms, undefined, { signal }).catch(() => {})
}
