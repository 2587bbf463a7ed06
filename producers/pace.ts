import { setTimeout } from 'node:timers/promises'

/** Interval between two bursts, in milliseconds. */
const tickMs = 50
/** Maximum size of a burst, so that a stall is not followed by one large burst. */
const burstMax = 2_000

export interface PaceOptions {
  readonly ratePerSecond: number
  /** The pace ends after this time, or after `countMax`. Either may be `Infinity`. */
  readonly durationMs: number
  readonly countMax: number
  readonly signal: AbortSignal
  readonly now?: () => number
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>
}

/**
 * Yields the number of items that are due, at an average rate. Waits for the consumer, so a slow
 * receiver lowers the rate. Ends early, without an error, when the signal is aborted.
 */
export async function* pace(options: PaceOptions): AsyncGenerator<number> {
  const { ratePerSecond, durationMs, countMax, signal } = options
  const { now = () => performance.now(), wait = waitFor } = options
  const startMs = now()
  let sent = 0
  while (!signal.aborted && sent < countMax) {
    const elapsedMs = now() - startMs
    const due = Math.floor((Math.min(elapsedMs, durationMs) * ratePerSecond) / 1000)
    const count = Math.min(due - sent, burstMax, countMax - sent)
    sent += count
    if (count > 0) yield count
    if (elapsedMs >= durationMs) return
    if (count === 0) await wait(tickMs, signal)
  }
}

async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  // An abort ends the wait, and the loop checks the signal.
  await setTimeout(ms, undefined, { signal }).catch(() => {})
}
