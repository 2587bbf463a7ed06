import type { AdmissionLimits } from './limits.ts'

/**
 * Multiple of the patience for which an overload is remembered. Until then, the shorter wait
 * detects the next one.
 */
const memory = 10
/** Multiple of the patience from which even a few waiting calls are an overload. */
const slownessOfPatience = 10
/** Fewest calls, one after the other, that a wait has room for. */
const callsWaitedMin = 2
const callsOfPatienceMin = 10

/** The waiting calls. */
export interface WaitingCalls {
  readonly count: number
  /** Time that the oldest of them has waited, in milliseconds. */
  readonly longestMs: number
  /** Time that one call occupies the event loop, in milliseconds. */
  readonly callMs: number
}

/**
 * Detects overload: many calls have waited longer than the patience, for a second. From then on,
 * until no call waits, the newest calls start first. After three seconds a call may wait only
 * briefly. A burst, the first calls of a process, or a pause of the process therefore refuse
 * nobody, and a standing queue is cut down. This is controlled delay (RFC 8289) applied to calls,
 * as in "Fail at Scale" (https://queue.acm.org/detail.cfm?id=2839461).
 */
export class Congestion {
  readonly #limits: AdmissionLimits
  #alertUntilMs = Number.NEGATIVE_INFINITY
  /** Time since when the oldest call has waited too long. */
  #aboveSinceMs: number | undefined
  #isOverloaded = false
  #isRefusing = false

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
  }

  get isOverloaded(): boolean {
    return this.#isOverloaded
  }

  /** Reports that no call waits. */
  relax(): void {
    this.#aboveSinceMs = undefined
    this.#isOverloaded = false
    this.#isRefusing = false
  }

  /**
   * Reports waiting calls. Returns how long a call may wait, in ms: `Infinity` until calls are
   * refused.
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
