import { InFlightLimit } from './in-flight-limit.ts'
import type { AdmissionLimits } from './limits.ts'
import { type Admitted, type Route, uncounted } from './port.ts'
import { measureIntervalMs, ProcessorLimit } from './processor-limit.ts'

export interface InFlightOptions {
  readonly limits: AdmissionLimits
  /** Monotonic clock, in milliseconds. */
  readonly now: () => number
  /** Calls `act` after `ms` milliseconds. */
  readonly after: (ms: number, act: () => void) => void
  /** Processor time that the process has used, in milliseconds. */
  readonly busyMs: () => number
  /** Returns whether calls wait for their start. */
  readonly isWaitedFor: () => boolean
  /** Called when a waiting call may be able to start. */
  readonly onRoom: () => void
}

/** One in this many ticks takes the duration of a call as a sample for the limit. */
const sampledTicks = 8

/** The unary calls in flight, and their limit. */
export class InFlight {
  readonly #options: InFlightOptions
  readonly #durationLimit: InFlightLimit
  readonly #processorLimit: ProcessorLimit
  readonly #counted: Admitted
  count = 0
  /** Most calls in flight since the last measurement. */
  #peak = 0
  /** Calls that ended since the last measurement. */
  #finishedCount = 0
  #tickCount = 0
  /** Number of the last tick whose end was observed. */
  #endedTick = 0
  #hasSample = true
  #isMeasuring = false

  constructor(options: InFlightOptions) {
    this.#options = options
    this.#durationLimit = new InFlightLimit(options.limits)
    this.#processorLimit = new ProcessorLimit(options.limits)
    this.#counted = {
      finished: () => {
        this.count--
        this.#finishedCount++
        if (options.isWaitedFor()) options.onRoom()
      },
    }
  }

  get limit(): number {
    return Math.min(this.#durationLimit.value, this.#processorLimit.value)
  }

  get hasRoom(): boolean {
    return this.count < this.limit
  }

  /** True when the next tick takes a sample. Its end has to be reported then. */
  get isSampleDue(): boolean {
    return this.#tickCount % sampledTicks === 0
  }

  beginTick(): void {
    // Calls that end within their tick are never in flight beside others.
    this.#peak = Math.max(this.#peak, this.count)
    this.#hasSample = !this.isSampleDue
    this.#tickCount++
  }

  /** Reports that the calls of this tick have started. */
  startedTick(): void {
    if (this.count > 0 && !this.#isMeasuring) this.#measureLater()
  }

  /** Reports that the microtasks of this tick have run. */
  endTick(): void {
    this.#endedTick = this.#tickCount
  }

  /** Counts a call that starts now, unless the calls of its route end within their tick. */
  start(route: Route): Admitted {
    const isCounted = !route.isBrief
    if (isCounted) this.count++
    const admitted = isCounted ? this.#counted : uncounted
    if (this.#hasSample || !route.isMeasured) return admitted
    this.#hasSample = true
    const { now } = this.#options
    const [startMs, tick, count] = [now(), this.#tickCount, this.count]
    const finished = () => {
      // A call that ends within its tick waited only for the other calls of that tick.
      route.isBrief = this.#endedTick < tick
      const nowMs = now()
      if (!route.isBrief) this.#durationLimit.sample(route, nowMs - startMs, count, nowMs)
      admitted.finished()
    }
    return { finished }
  }

  /** Measures while calls are in flight. Calls that end within their tick need no measurement. */
  #measureLater(sinceMs = this.#options.now(), busySinceMs = this.#options.busyMs()): void {
    const { after, now, busyMs, isWaitedFor, onRoom } = this.#options
    this.#isMeasuring = true
    after(measureIntervalMs, () => {
      this.#isMeasuring = false
      const [nowMs, nowBusyMs] = [now(), busyMs()]
      this.#processorLimit.update({
        passedMs: nowMs - sinceMs,
        busyMs: nowBusyMs - busySinceMs,
        inFlightMax: this.#peak,
        finishedCount: this.#finishedCount,
        isWaitedFor: isWaitedFor(),
      })
      this.#peak = this.count
      this.#finishedCount = 0
      if (this.count > 0) this.#measureLater(nowMs, nowBusyMs)
      if (isWaitedFor()) onRoom()
    })
  }
}
