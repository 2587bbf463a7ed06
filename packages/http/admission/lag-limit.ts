import type { AdmissionLimits } from './limits.ts'

/** How often the event loop is looked at while calls are in flight, in milliseconds. */
export const tickMs = 10
/** Looks in a row that have to find it late: one may be a slow call, or the collection of garbage. */
const lateTicksMin = 2
/** Less of a processor than this, and the process was not running: its calls are not what makes it late. */
const busyShareMin = 0.5
/** How far the limit falls at once, at most. */
const fallMax = 0.5
/** How fast it rises while it is used, in parts of itself; at least by one. */
const rise = 0.05

/**
 * Limit of unary calls in flight, for services whose calls keep the processor busy after they were started, by what comes
 * from elsewhere: the event loop is late by the work of all calls in flight. It falls while the loop is later than a call
 * may wait, and rises while it is not and the limit is used.
 */
export class LagLimit {
  readonly #limits: AdmissionLimits
  #limit: number
  #lateTicks = 0

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
    this.#limit = limits.inFlightMax
  }

  get value(): number {
    return Math.floor(this.#limit)
  }

  /**
   * @param passedMs Since the look before: `tickMs`, and how late the event loop is.
   * @param busyMs How much processor time the process had meanwhile.
   * @param inFlightMax The most calls in flight meanwhile.
   */
  tick(passedMs: number, busyMs: number, inFlightMax: number): void {
    const { waitMs, busyInFlightMin } = this.#limits
    const lagMs = passedMs - tickMs
    if (lagMs > waitMs && busyMs > passedMs * busyShareMin) {
      if (++this.#lateTicks < lateTicksMin) return
      const wanted = Math.min(this.#limit, inFlightMax) * Math.max(fallMax, waitMs / lagMs)
      this.#limit = Math.min(this.#limit, Math.max(busyInFlightMin, wanted))
      return
    }
    this.#lateTicks = 0
    if (inFlightMax < this.#limit * (1 - rise)) return
    this.#limit = Math.min(this.#limits.inFlightMax, this.#limit + Math.max(1, this.#limit * rise))
  }
}
