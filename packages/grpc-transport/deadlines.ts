import { timerMsMax } from '@marquee/http/clock'

/** Something that ends at a certain time. */
export interface Expiring {
  /** Time on the clock of `performance.now()`, in milliseconds. */
  readonly deadlineMs: number
  /** Called once, when the deadline has passed. */
  expire(): void
}

/**
 * Deadlines of many calls, on one timer. Most calls end long before their deadline, so a timer for
 * each would be most of what a deadline costs. The timer does not keep the process running; the
 * connections do.
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
    // One millisecond extra, because timers may fire a little early.
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
