import type { AdmissionLimits } from './limits.ts'
import type { Route } from './port.ts'

/** Fewest samples of a change of the limit, and the shortest time they span. */
const samplesMin = 20
const windowMsMin = 100
/** Multiple of its shortest duration that a call may take before the limit falls. */
const tolerance = 4
/** Share of a change that is applied at once. */
const smoothing = 0.2
/**
 * Rate at which the shortest duration drifts towards longer ones, so that a slower backend becomes
 * the new normal. Only while few calls are in flight: with many, their number is the reason.
 */
const drift = 0.002

/**
 * Limit of unary calls in flight, for services whose calls wait for something else, such as a
 * database or another service. The limit falls while calls take much longer than their shortest
 * duration and many are in flight. It rises by its square root. The rule is the gradient of
 * Netflix' concurrency-limits (https://github.com/Netflix/concurrency-limits), per method.
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

  /** @param inFlightCount Number of calls in flight when this one started. */
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
    // Their number is not what makes them slow, and a higher limit would not help.
    if (this.#isFew(this.#inFlightMax)) return
    const { inFlightMin, inFlightMax } = this.#limits
    const gradient = Math.min(1, Math.max(0.5, tolerance / ratio))
    const wanted = this.#limit * gradient + Math.sqrt(this.#limit)
    const next = this.#limit * (1 - smoothing) + wanted * smoothing
    this.#limit = Math.min(inFlightMax, Math.max(inFlightMin, next))
  }
}
