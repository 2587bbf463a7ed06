import type { Clock } from '../clock.ts'

/** A clock whose waits end at once, and whose timeouts end when a test says so. */
export interface TestClock extends Clock {
  /** The waits so far, in milliseconds. */
  readonly waits: readonly number[]
  /** Ends the timeouts that have begun. */
  expire(): void
}

/** @param timeoutMsMin A delay of at least that is a timeout, and a shorter one is a wait. */
export function createTestClock(timeoutMsMin: number): TestClock {
  const waits: number[] = []
  const timeouts = new Map<() => void, number>()
  let nowMs = 0
  return {
    waits,
    now: () => nowMs,
    after(delayMs, act) {
      if (delayMs >= timeoutMsMin) {
        timeouts.set(act, nowMs + delayMs)
        return () => timeouts.delete(act)
      }
      waits.push(delayMs)
      const timer = setTimeout(() => {
        nowMs += delayMs
        act()
      }, 0)
      return () => clearTimeout(timer)
    },
    expire() {
      for (const [act, atMs] of [...timeouts]) {
        nowMs = Math.max(nowMs, atMs)
        timeouts.delete(act)
        act()
      }
    },
  }
}
