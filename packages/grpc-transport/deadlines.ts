/** What ends at a time. */
export interface Expiring {
  /** On the clock of `performance.now()`, in milliseconds. */
  readonly deadlineMs: number
  /** Called once, when it has passed. */
  expire(): void
}

/** `setTimeout` takes no more, in milliseconds. */
const timerMsMax = 2 ** 31 - 1

/**
 * The deadlines of many calls on one timer: most calls end long before, and a timer for each would cost more than the
 * rest of what is done for a deadline. The timer keeps no process running; the connections of the calls do.
 */
export class Deadlines {
  readonly #all = new Set<Expiring>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #wakeAtMs = Number.POSITIVE_INFINITY

  add(expiring: Expiring): void {
    this.#all.add(expiring)
    if (expiring.deadlineMs < this.#wakeAtMs) this.#wakeAt(expiring.deadlineMs)
  }

  delete(expiring: Expiring): void {
    this.#all.delete(expiring)
  }

  #wakeAt(timeMs: number): void {
    clearTimeout(this.#timer)
    this.#wakeAtMs = timeMs
    // A millisecond more than it takes: timers may come a little early.
    const delayMs = Math.min(Math.max(Math.ceil(timeMs - performance.now()) + 1, 1), timerMsMax)
    this.#timer = setTimeout(() => this.#wake(), delayMs)
    this.#timer.unref()
  }

  #wake(): void {
    const nowMs = performance.now()
    let nextMs = Number.POSITIVE_INFINITY
    this.#wakeAtMs = nextMs
    for (const expiring of [...this.#all]) {
      if (expiring.deadlineMs > nowMs) nextMs = Math.min(nextMs, expiring.deadlineMs)
      else if (this.#all.delete(expiring)) expiring.expire()
    }
    if (nextMs < this.#wakeAtMs) this.#wakeAt(nextMs)
  }
}
