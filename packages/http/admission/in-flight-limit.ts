import type { AdmissionLimits } from './limits.ts'
import type { Route } from './port.ts'

/** Samples that a change of the limit is based on, and the time they span at least. */
const samplesMin = 20
const windowMsMin = 100
/** How many times its shortest duration a call may take before the limit falls. */
const tolerance = 4
/** How much of a change is made at once. */
const smoothing = 0.2
/**
 * How fast the shortest duration follows longer ones, so that a slower backend becomes the new normal: only while few
 * calls are in flight, because of many their number is the reason.
 */
const drift = 0.002

/**
 * Limit of unary calls in flight, for services whose calls wait for something else: a database, another service. It
 * falls while calls take much longer than they can and many are in flight, and rises again by its square root. The rule
 * is the gradient of Netflix' concurrency-limits (https://github.com/Netflix/concurrency-limits), for each method by
 * its own shortest duration.
 */
export class InFlightLimit {
  readonly #limits: AdmissionLimits
  #limit: number
  #windowSinceMs = Number.NEGATIVE_INFINITY
  #sampleCount = 0
  #ratioSum = 0
  #inFlightMax = 0

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
    this.#limit = Math.min(limits.inFlightInitial, limits.inFlightMax)
  }

  get value(): number {
    return Math.floor(this.#limit)
  }

  /** @param inFlightCount The calls in flight when this one started. */
  sample(route: Route, durationMs: number, inFlightCount: number, nowMs: number): void {
    if (durationMs <= 0) return
    const { baselineMs } = route
    if (baselineMs === 0 || durationMs < baselineMs) route.baselineMs = durationMs
    else if (this.#isFew(inFlightCount)) route.baselineMs += (durationMs - baselineMs) * drift
    this.#ratioSum += durationMs / route.baselineMs
    this.#sampleCount++
    this.#inFlightMax = Math.max(this.#inFlightMax, inFlightCount)
    if (this.#sampleCount < samplesMin || nowMs - this.#windowSinceMs < windowMsMin) return
    this.#update(this.#ratioSum / this.#sampleCount)
    this.#windowSinceMs = nowMs
    this.#sampleCount = 0
    this.#ratioSum = 0
    this.#inFlightMax = 0
  }

  #isFew(inFlightCount: number): boolean {
    return inFlightCount * 2 < this.#limit
  }

  #update(ratio: number): void {
    // What makes them slow is not their number then, and a higher limit is of no use.
    if (this.#isFew(this.#inFlightMax)) return
    const { inFlightMin, inFlightMax } = this.#limits
    const gradient = Math.min(1, Math.max(0.5, tolerance / ratio))
    const wanted = this.#limit * gradient + Math.sqrt(this.#limit)
    const next = this.#limit * (1 - smoothing) + wanted * smoothing
    this.#limit = Math.min(inFlightMax, Math.max(inFlightMin, next))
  }
}
