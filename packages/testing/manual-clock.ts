import type { Clock } from '@marquee/http/clock'

/** A clock that only the test advances. */
export interface ManualClock extends Clock {
  /** Advances the time, and runs all timers that become due, in order. */
  advance(ms: number): void
  /** Number of times that a timer has run. */
  readonly runCount: number
}

interface Timer {
  readonly intervalMs: number
  readonly act: () => void
  atMs: number
}

export function createManualClock(): ManualClock {
  let nowMs = 0
  const timers = new Set<Timer>()
  let runCount = 0
  return {
    get runCount() {
      return runCount
    },
    now: () => nowMs,
    every(intervalMs, act) {
      const timer = { intervalMs, act, atMs: nowMs + intervalMs }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    after(delayMs, act) {
      const timer = { intervalMs: delayMs, act: once, atMs: nowMs + delayMs }
      function once(): void {
        timers.delete(timer)
        act()
      }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    advance(ms) {
      const endMs = nowMs + ms
      while (true) {
        const [next] = [...timers].sort((a, b) => a.atMs - b.atMs)
        if (next === undefined || next.atMs > endMs) break
        nowMs = next.atMs
        next.atMs += next.intervalMs
        runCount++
        next.act()
      }
      nowMs = endMs
    },
  }
}
