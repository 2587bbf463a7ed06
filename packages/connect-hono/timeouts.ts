/** Something that expires after a time. */
export interface Expiring {
  /** Called when the time has passed. Must not throw. */
  expire(): void
}

/** Entries that expire together. Deleting one cancels its timeout. */
export type Timeout = Pick<Set<Expiring>, 'delete'>

/** Timeouts of many calls. */
export interface Timeouts {
  /** Milliseconds on a clock that does not jump. */
  readonly now: () => number
  /** Lets it expire after the time, or up to a sixteenth later. */
  add(expiring: Expiring, delayMs: number): Timeout
}

/** The longest time a timer takes: 2³¹ − 1 ms, some 25 days. A longer one never ends. */
export const timerMsMax = 2 ** 31 - 1

const never: Timeout = { delete: () => false }

/**
 * Shares one timer among all that ends within a sixteenth of its time: a timer for each call costs
 * more than the rest of what a call needs to be ended in time. What is deleted before leaves a
 * timer that does nothing, once.
 * @param now milliseconds on a clock that does not jump.
 */
export function createTimeouts(now: () => number = () => performance.now()): Timeouts {
  const pending = new Map<number, Set<Expiring>>()

  function open(dueMs: number): Set<Expiring> {
    const expiring = new Set<Expiring>()
    pending.set(dueMs, expiring)
    const timer = setTimeout(
      () => {
        pending.delete(dueMs)
        for (const one of expiring) one.expire()
      },
      Math.ceil(dueMs - now()),
    )
    // What waits has something else that keeps the process: a connection.
    timer.unref()
    return expiring
  }

  return {
    now,
    add(expiring, delayMs) {
      if (delayMs > timerMsMax) return never
      const grainMs = grainOf(delayMs)
      const dueMs = Math.ceil((now() + delayMs) / grainMs) * grainMs
      return (pending.get(dueMs) ?? open(dueMs)).add(expiring)
    },
  }
}

/** Gives each call timers of its own: on Workers a timer ends with the request that set it. */
export function createOwnTimeouts(now: () => number = () => performance.now()): Timeouts {
  return {
    now,
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

/** The power of two by which times of this length are rounded up, in milliseconds. */
function grainOf(delayMs: number): number {
  return delayMs < 32 ? 1 : 2 ** (27 - Math.clz32(delayMs))
}
