import type { AdmissionLimits } from './limits.ts'

/** How many times the patience an overload is remembered: until then, the next one is seen by the shorter wait. */
const memory = 10
/** How many times the patience the wait of a few calls, too, is an overload: the service is slow. */
const slownessOfPatience = 10
/** How many calls one after the other a wait has room for, whatever they cost. */
const callsWaitedMin = 2
const callsOfPatienceMin = 10

/** The calls that wait. */
export interface WaitingCalls {
  readonly count: number
  /** How long the oldest of them has waited, in milliseconds. */
  readonly longestMs: number
  /** How long one call occupies the event loop, in milliseconds. */
  readonly callMs: number
}

/**
 * Whether the service is overloaded: for a second, many calls have waited for longer than patience allows. From then on
 * until no call waits, the newest start first, and after three seconds a call may wait for a short time only. So a burst,
 * the first calls of a process, or one that was not given a processor for a while, refuses nobody, and a queue that stays
 * is cut down. Controlled delay (RFC 8289) for
 * calls, as in "Fail at Scale" (https://queue.acm.org/detail.cfm?id=2839461).
 */
export class Congestion {
  readonly #limits: AdmissionLimits
  #alertUntilMs = Number.NEGATIVE_INFINITY
  /** Since when the oldest call has waited too long. */
  #aboveSinceMs: number | undefined
  #isOverloaded = false
  #isRefusing = false

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
    this.#isRefusing = false
  }

  /**
   * Calls wait. Returns how long one may, in milliseconds: any time before calls are refused.
   */
  observe(nowMs: number, { count, longestMs, callMs }: WaitingCalls): number {
    const waitMs = Math.max(this.#limits.waitMs, callsWaitedMin * callMs)
    const patienceMs = Math.max(this.#limits.patienceMs, callsOfPatienceMin * callMs)
    const enoughMs = nowMs < this.#alertUntilMs ? waitMs : patienceMs
    const isQueue = count > this.#limits.queueMin || longestMs > slownessOfPatience * patienceMs
    if (longestMs <= enoughMs || !isQueue) this.#aboveSinceMs = undefined
    else this.#aboveSinceMs ??= nowMs
    const isAlert = nowMs < this.#alertUntilMs
    const { lastsMs, refusesAfterMs } = this.#limits
    const lastedMs = nowMs - (this.#aboveSinceMs ?? nowMs)
    if (lastedMs >= (isAlert ? waitMs : Math.max(lastsMs, patienceMs))) this.#isOverloaded = true
    if (lastedMs >= (isAlert ? waitMs : Math.max(refusesAfterMs, patienceMs)))
      this.#isRefusing = true
    if (!this.#isRefusing) return Number.POSITIVE_INFINITY
    this.#alertUntilMs = nowMs + memory * patienceMs
    return waitMs
  }
}
