import type { AdmissionLimits } from './limits.ts'

/** How many times the patience an overload is remembered: until then, the next one is seen by the shorter wait. */
const memory = 10
/** How many calls one after the other a wait has room for, whatever they cost. */
const callsWaitedMin = 2
const callsOfPatienceMin = 10

/**
 * Whether the service is overloaded: calls have waited for longer than patience allows, and for as long again. From then
 * on until no call waits, a call may wait for a shorter time. So a burst, or a process that was not given a processor for
 * a while, refuses nobody, and a queue that stays is cut down. Controlled delay (RFC 8289) for calls, as in "Fail at
 * Scale" (https://queue.acm.org/detail.cfm?id=2839461).
 */
export class Congestion {
  readonly #limits: AdmissionLimits
  #alertUntilMs = Number.NEGATIVE_INFINITY
  /** Since when the oldest call has waited too long. */
  #aboveSinceMs: number | undefined
  #isOverloaded = false

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
  }

  get isOverloaded(): boolean {
    return this.#isOverloaded
  }

  /** No call waits. */
  relax(): void {
    this.#aboveSinceMs = undefined
    this.#isOverloaded = false
  }

  /**
   * Calls wait. Returns how long one may, in milliseconds; any time without overload.
   * @param longestMs How long the oldest of them has waited, in milliseconds.
   * @param callMs How long one call occupies the event loop, in milliseconds.
   */
  observe(nowMs: number, longestMs: number, callMs: number): number {
    const waitMs = Math.max(this.#limits.waitMs, callsWaitedMin * callMs)
    const patienceMs = Math.max(this.#limits.patienceMs, callsOfPatienceMin * callMs)
    const enoughMs = nowMs < this.#alertUntilMs ? waitMs : patienceMs
    if (longestMs <= enoughMs) this.#aboveSinceMs = undefined
    else this.#aboveSinceMs ??= nowMs
    if (nowMs - (this.#aboveSinceMs ?? nowMs) >= enoughMs) this.#isOverloaded = true
    if (!this.#isOverloaded) return Number.POSITIVE_INFINITY
    this.#alertUntilMs = nowMs + memory * patienceMs
    return waitMs
  }
}
