import type { Exchange, Respond } from '../exchange.ts'
import { TokenBucket } from '../token-bucket.ts'
import { whenClosed } from '../when-closed.ts'
import { Congestion } from './congestion.ts'
import { InFlight } from './in-flight.ts'
import type { AdmissionLimits } from './limits.ts'
import {
  type Admission,
  type Admitted,
  type CallReader,
  type RefusalReason,
  type Route,
  type Start,
  uncounted,
} from './port.ts'
import { Slice } from './slice.ts'
import { type Waiting, WaitingQueue } from './waiting-queue.ts'

export interface GateOptions {
  readonly limits: AdmissionLimits
  readonly calls: CallReader
  /** Monotonic clock, in milliseconds. Default: `performance.now`. */
  readonly now?: () => number
  /** Calls `act` at the end of this event-loop tick. Default: `setImmediate`. */
  readonly later?: (act: () => void) => void
  /** Calls `act` after `ms` milliseconds. Default: `setTimeout`, unreferenced. */
  readonly after?: (ms: number, act: () => void) => void
  /** Processor time that the process has used, in milliseconds. Default: `process.cpuUsage`. */
  readonly busyMs?: () => number
}

/**
 * Admission control in front of everything that a call costs.
 *
 * The process has one thread. When more calls arrive than can run, they queue somewhere; here the
 * queue is visible. Requests of one event-loop tick start at its end, as many as fit into a time
 * slice and under the in-flight limit. The others wait. When calls wait for too long, the newest
 * start first and the oldest are refused. Streams, and probes beyond their allowance, wait in a
 * queue of their own and are not refused for waiting: a thousand streams that reconnect after a
 * restart are not an overload. Without overload, a call costs a route lookup and two counters.
 */
export class Gate implements Admission {
  readonly #limits: AdmissionLimits
  readonly #calls: CallReader
  readonly #now: () => number
  readonly #later: (act: () => void) => void
  readonly #after: (ms: number, act: () => void) => void
  readonly #queue = new WaitingQueue()
  readonly #patientQueue = new WaitingQueue()
  #isPatientNext = false
  readonly #congestion: Congestion
  readonly #slice: Slice
  readonly #inFlight: InFlight
  readonly #probes: TokenBucket
  #start: Start | undefined
  #arrived: Exchange[] = []
  #isScheduled = false
  #isTimed = false
  #streamCount = 0
  #nowMs = 0

  constructor({
    limits,
    calls,
    now = () => performance.now(),
    later = setImmediate,
    after = (ms, act) => void setTimeout(act, ms).unref(),
    busyMs = processorTimeMs,
  }: GateOptions) {
    this.#limits = limits
    this.#calls = calls
    this.#now = now
    this.#later = later
    this.#after = after
    this.#congestion = new Congestion(limits)
    this.#slice = new Slice(limits.sliceMs, now)
    const isWaitedFor = () => this.#queue.size > 0
    const onRoom = () => this.#schedule()
    this.#inFlight = new InFlight({ limits, now, after, busyMs, isWaitedFor, onRoom })
    this.#probes = new TokenBucket(limits.probes, now())
  }

  get inFlightCount(): number {
    return this.#inFlight.count
  }

  get streamCount(): number {
    return this.#streamCount
  }

  get waitingCount(): number {
    return this.#queue.size + this.#patientQueue.size
  }

  get inFlightLimit(): number {
    return this.#inFlight.limit
  }

  get isOverloaded(): boolean {
    return this.#congestion.isOverloaded
  }

  open(start: Start): Respond {
    this.#start = start
    return (exchange) => {
      if (this.#arrived.push(exchange) === 1) this.#schedule()
    }
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    const { isSampleDue } = this.#inFlight
    const isMeasured = this.#slice.isMeasured || this.waitingCount > 0 || isSampleDue
    this.#later(this.#onTick)
    // Runs in the same tick, after the microtasks of the calls.
    if (isMeasured) this.#later(this.#onTickEnd)
  }

  readonly #onTickEnd = (): void => {
    this.#inFlight.endTick()
    this.#slice.end(this.#now())
  }

  readonly #onTick = (): void => {
    this.#isScheduled = false
    const arrived = this.#arrived
    this.#arrived = []
    this.#nowMs = this.#now()
    this.#slice.begin(this.#nowMs, this.waitingCount > 0)
    this.#inFlight.beginTick()
    for (const exchange of arrived) this.#arrive(exchange)
    if (this.waitingCount > 0) this.#serve()
    else this.#congestion.relax()
    this.#inFlight.startedTick()
  }

  #arrive(exchange: Exchange): void {
    const route = this.#calls.route(exchange)
    if (route.kind === 'probe' && this.#probes.spend(1, this.#nowMs)) {
      this.#start?.(exchange, uncounted, 0)
    } else if (route.kind !== 'unary') this.#arrivePatient(exchange, route)
    else if (this.#queue.size === 0 && this.#inFlight.hasRoom && this.#slice.spend()) {
      this.#admit(exchange, route, 0)
    } else this.#wait(exchange, route)
  }

  /** Starts, queues or refuses a stream, or a probe beyond the allowance. */
  #arrivePatient(exchange: Exchange, route: Route): void {
    const queue = this.#patientQueue
    const { streamsMax, waitingMax } = this.#limits
    if (route.kind === 'stream' && this.#streamCount + queue.size >= streamsMax) {
      this.#calls.refuse(exchange, route, 'streams', 0)
    } else if (route.kind === 'probe' && queue.size >= waitingMax) {
      this.#calls.refuse(exchange, route, 'overloaded', 0)
    } else if (queue.size === 0 && this.#slice.spend()) this.#admit(exchange, route, 0)
    else queue.add(exchange, route, this.#nowMs, this.#calls.callerOf(exchange))
  }

  #wait(exchange: Exchange, route: Route): void {
    this.#queue.add(exchange, route, this.#nowMs, this.#calls.callerOf(exchange))
    if (this.#queue.size <= this.#limits.waitingMax) return
    const oldest = this.#queue.takeSince(this.#nowMs)
    if (oldest !== undefined) this.#refuse(oldest, 'overloaded')
  }

  #serve(): void {
    const waitMsMax = this.#judge()
    for (let next = this.#next(); next !== undefined; next = this.#next()) this.#startWaiting(next)
    if (this.#queue.size === 0) this.#congestion.relax()
    if (this.#patientQueue.size > 0 || (this.#queue.size > 0 && this.#inFlight.hasRoom))
      this.#schedule()
    // The end of a call starts the next one. Until then, only a timer can.
    else if (this.#queue.size > 0) this.#scheduleAfter(waitMsMax)
  }

  /**
   * Detects overload, refuses calls that have waited too long, and returns how long calls may wait,
   * in ms.
   */
  #judge(): number {
    if (this.#queue.size === 0) return Number.POSITIVE_INFINITY
    const longestMs = this.#nowMs - this.#queue.oldestSinceMs
    const waiting = { count: this.#queue.size, longestMs, callMs: this.#slice.callMs }
    const waitMsMax = this.#congestion.observe(this.#nowMs, waiting)
    if (waitMsMax < Number.POSITIVE_INFINITY) this.#refuseSince(this.#nowMs - waitMsMax)
    return waitMsMax
  }

  /**
   * Returns the next call to start: streams and unary calls alternate. `undefined` when none may
   * start in this tick.
   */
  #next(): Waiting | undefined {
    this.#isPatientNext = !this.#isPatientNext
    const hasCall = this.#queue.size > 0 && this.#inFlight.hasRoom
    const hasPatient = this.#patientQueue.size > 0
    if ((!hasCall && !hasPatient) || !this.#slice.spend()) return undefined
    if (hasPatient && (this.#isPatientNext || !hasCall)) return this.#patientQueue.takeOldest()
    return this.isOverloaded ? this.#queue.takeNewest() : this.#queue.takeOldest()
  }

  #refuseSince(sinceMs: number): void {
    for (let late = this.#queue.takeSince(sinceMs); late; late = this.#queue.takeSince(sinceMs)) {
      this.#refuse(late, 'overloaded')
    }
  }

  #scheduleAfter(waitMsMax: number): void {
    if (this.#isTimed) return
    this.#isTimed = true
    this.#after(Math.min(waitMsMax, this.#limits.waitMs) / 2, () => {
      this.#isTimed = false
      if (this.#queue.size > 0) this.#schedule()
    })
  }

  #startWaiting({ exchange, route, sinceMs }: Waiting): void {
    const waitedMs = this.#nowMs - sinceMs
    const timeoutMs = this.#calls.timeoutMs(exchange)
    if (timeoutMs !== undefined && timeoutMs <= waitedMs) {
      this.#calls.refuse(exchange, route, 'late', waitedMs)
    } else this.#admit(exchange, route, waitedMs)
  }

  #refuse({ exchange, route, sinceMs }: Waiting, reason: RefusalReason): void {
    this.#calls.refuse(exchange, route, reason, this.#nowMs - sinceMs)
  }

  #admit(exchange: Exchange, route: Route, waitedMs: number): void {
    this.#start?.(exchange, this.#count(exchange, route), waitedMs)
  }

  #count(exchange: Exchange, route: Route): Admitted {
    if (route.kind === 'stream') return this.#countStream(exchange)
    return route.kind === 'probe' ? uncounted : this.#inFlight.start(route)
  }

  /** Counts the stream until it ends, not until its response begins. */
  #countStream(exchange: Exchange): Admitted {
    this.#streamCount++
    whenClosed(exchange, () => {
      this.#streamCount--
    })
    return uncounted
  }
}

function processorTimeMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
