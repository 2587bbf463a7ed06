import type { AdmissionLimits } from './limits.ts'

/** Interval at which the process is measured while calls are in flight, in milliseconds. */
export const measureIntervalMs = 10
/** Bad measurements in a row before the limit falls: one may be garbage collection. */
const badMin = 2
/**
 * Below this share of a processor, the process was not running, or its calls wait for something
 * else.
 */
const busyShareMin = 0.5
/** From this share on, the processor is full: other programs have the rest. */
const fullShareMin = 0.75
/** Share of the limit that remains after a fall: the least, and while the event loop is on time. */
const fallMax = 0.5
const fallWhenFull = 0.9
/** How fast the limit rises while it is used, as a share of itself. At least by one. */
const rise = 0.05

/** Measurement of the process since the one before. */
export interface Measurement {
  /** Time since then, in milliseconds: `measureIntervalMs`, and how late the event loop is. */
  readonly passedMs: number
  /** Processor time that the process used meanwhile, in milliseconds. */
  readonly busyMs: number
  /** The most calls in flight meanwhile. */
  readonly inFlightMax: number
  /** Calls that ended meanwhile. */
  readonly finishedCount: number
  /** True when calls wait for their start. */
  readonly isWaitedFor: boolean
}

/**
 * Limit of unary calls in flight, for services whose calls keep the processor busy after their
 * start. It falls while the event loop is later than a call may wait. It also falls while calls
 * wait, the processor is full, and those in flight take longer than a call may wait: they only
 * share the processor then. While it is used, it rises when those in flight end in time or leave a
 * processor free.
 */
export class ProcessorLimit {
  readonly #limits: AdmissionLimits
  #limit: number
  #badCount = 0

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
    this.#limit = limits.inFlightMax
  }

  get value(): number {
    return Math.floor(this.#limit)
  }

  update(measured: Measurement): void {
    const { passedMs, busyMs, inFlightMax, finishedCount, isWaitedFor } = measured
    // Without calls in flight, they are not the reason.
    if (inFlightMax === 0) return
    const { waitMs } = this.#limits
    const busyShare = busyMs / passedMs
    const lagMs = passedMs - measureIntervalMs
    // Little's law: the time in flight is the number in flight by the rate of those that end.
    const isSlow = inFlightMax * passedMs > finishedCount * waitMs
    if (lagMs > waitMs && busyShare > busyShareMin) {
      this.#fall(inFlightMax, Math.max(fallMax, waitMs / lagMs))
    } else if (isWaitedFor && isSlow && busyShare > fullShareMin) {
      this.#fall(inFlightMax, fallWhenFull)
    } else {
      this.#badCount = 0
      const isUsed = inFlightMax >= this.#limit * (1 - rise)
      if (isUsed && (!isSlow || busyShare < busyShareMin)) this.#rise()
    }
  }

  /** @param share The share of the limit that remains. */
  #fall(inFlightMax: number, share: number): void {
    if (++this.#badCount < badMin) return
    const wanted = Math.min(this.#limit, inFlightMax) * share
    this.#limit = Math.min(this.#limit, Math.max(this.#limits.busyInFlightMin, wanted))
  }

  #rise(): void {
    this.#limit = Math.min(this.#limits.inFlightMax, this.#limit + Math.max(1, this.#limit * rise))
  }
}
