import { InFlightLimit } from './in-flight-limit.ts'
import type { AdmissionLimits } from './limits.ts'
import type { Admitted, Route } from './port.ts'
import { ProcessorLimit, tickMs } from './processor-limit.ts'

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

/** One in this many turns takes the duration of a call as a sample for the limit. */
const sampledTurns = 8

/** A call that counts for nothing. */
export const uncounted: Admitted = { finished() {} }

/** The unary calls in flight, and their limit. */
export class InFlight {
  readonly #options: InFlightOptions
  readonly #durationLimit: InFlightLimit
  readonly #processorLimit: ProcessorLimit
  readonly #counted: Admitted
  count = 0
  /** Most calls in flight since the last tick. */
  #peak = 0
  /** Calls that ended since the last tick. */
  #finishedCount = 0
  #turnCount = 0
  /** Number of the last turn whose end was observed. */
  #endedTurn = 0
  #hasSample = true
  #isTicking = false

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

  /** True when the next turn takes a sample. Its end has to be reported then. */
  get isSampleDue(): boolean {
    return this.#turnCount % sampledTurns === 0
  }

  beginTurn(): void {
    // Calls that end within their turn are never in flight beside others.
    this.#peak = Math.max(this.#peak, this.count)
    this.#hasSample = !this.isSampleDue
    this.#turnCount++
  }

  /** Reports that the calls of this turn have started. */
  startedTurn(): void {
    if (this.count > 0 && !this.#isTicking) this.#tickSoon()
  }

  /** Reports that the microtasks of this turn have run. */
  endTurn(): void {
    this.#endedTurn = this.#turnCount
  }

  /** Counts a call that starts now, unless the calls of its route end within their turn. */
  start(route: Route): Admitted {
    const isCounted = !route.isBrief
    if (isCounted) this.count++
    const admitted = isCounted ? this.#counted : uncounted
    if (this.#hasSample || !route.isMeasured) return admitted
    this.#hasSample = true
    const { now } = this.#options
    const [startMs, turn, count] = [now(), this.#turnCount, this.count]
    const finished = () => {
      // A call that ends within its turn waited only for the other calls of that turn.
      route.isBrief = this.#endedTurn < turn
      const nowMs = now()
      if (!route.isBrief) this.#durationLimit.sample(route, nowMs - startMs, count, nowMs)
      admitted.finished()
    }
    return { finished }
  }

  /** Ticks while calls are in flight. Calls that end within their turn need no tick. */
  #tickSoon(sinceMs = this.#options.now(), busySinceMs = this.#options.busyMs()): void {
    const { after, now, busyMs, isWaitedFor, onRoom } = this.#options
    this.#isTicking = true
    after(tickMs, () => {
      this.#isTicking = false
      const [nowMs, nowBusyMs] = [now(), busyMs()]
      this.#processorLimit.tick({
        passedMs: nowMs - sinceMs,
        busyMs: nowBusyMs - busySinceMs,
        inFlightMax: this.#peak,
        finishedCount: this.#finishedCount,
        isWaitedFor: isWaitedFor(),
      })
      this.#peak = this.count
      this.#finishedCount = 0
      if (this.count > 0) this.#tickSoon(nowMs, nowBusyMs)
      if (isWaitedFor()) onRoom()
    })
  }
}
