import { type Clock, systemClock, timerMsMax } from '@marquee/http/clock'

/** An item with a timeout. */
export interface Expiring {
  /** Called when the time has passed. Must not throw. */
  expire(): void
}

/** Items that expire together. Deleting one cancels its timeout. */
export type Timeout = Pick<Set<Expiring>, 'delete'>

/** Timeouts of many calls. */
export interface Timeouts {
  /** Returns the time of a monotonic clock, in milliseconds. */
  readonly now: () => number
  /**
   * Calls `expire` after `delayMs` milliseconds, or up to a sixteenth of it later. Never for a delay
   * beyond `timerMsMax`.
   */
  add(expiring: Expiring, delayMs: number): Timeout
}

const never: Timeout = { delete: () => false }

/**
 * Creates timeouts that share a timer when they expire within a sixteenth of their delay, because a
 * timer for each call costs more than the rest of its deadline. When all items of a timer are
 * deleted, it still runs once, and does nothing.
 * @param clock Default: the clock of the runtime. Its timers do not keep the process running; the
 *   connections do.
 */
export function createTimeouts(clock: Clock = systemClock): Timeouts {
  const pending = new Map<number, Set<Expiring>>()

  function open(dueMs: number): Set<Expiring> {
    const expiring = new Set<Expiring>()
    pending.set(dueMs, expiring)
    clock.after(Math.ceil(dueMs - clock.now()), () => {
      pending.delete(dueMs)
      for (const one of expiring) one.expire()
    })
    return expiring
  }

  return {
    now: clock.now,
    add(expiring, delayMs) {
      if (delayMs > timerMsMax) return never
      const grainMs = grainOf(delayMs)
      const dueMs = Math.ceil((clock.now() + delayMs) / grainMs) * grainMs
      return (pending.get(dueMs) ?? open(dueMs)).add(expiring)
    },
  }
}

/** Creates timeouts with a timer each: on Workers a timer ends with the request that set it. */
export function createOwnTimeouts(): Timeouts {
  return {
    now: systemClock.now,
    add(expiring, delayMs) {
      if (delayMs > timerMsMax) return never
      const timer = setTimeout(() => expiring.expire(), delayMs)
      return {
        delete() {
          clearTimeout(timer)
          return true
        },
      }
    },
  }
}

/** Returns the power of two to which a delay is rounded up, in milliseconds. */
function grainOf(delayMs: number): number {
  return delayMs < 32 ? 1 : 2 ** (27 - Math.clz32(delayMs))
}
