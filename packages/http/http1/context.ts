import { type Clock, systemClock } from '../clock.ts'
import { createDate } from '../date.ts'
import type { Respond } from '../exchange.ts'
import { Sweep } from '../sweep.ts'
import { gatherTick } from '../tick.ts'
import { type Http1Limits, http1Limits } from './limits.ts'

interface Flushable {
  flush(): void
}

export interface Http1ServerOptions {
  readonly respond: Respond
  /** Default: `http1Limits`. */
  readonly limits?: Partial<Http1Limits>
  /** Default: the clock of the runtime. */
  readonly clock?: Clock
  /** Returns a number from 0 up to 1. Default: `Math.random`. */
  readonly random?: () => number
}

/** The shared state of connections, so that an idle one has no timer of its own. */
export class Http1Context {
  readonly respond: Respond
  readonly limits: Http1Limits
  readonly clock: Clock
  readonly random: () => number
  readonly sweep: Sweep
  /** True when each connection closes after its current response. */
  isDraining = false
  /** Returns the `date` line of a response (RFC 9110 §6.6.1), with its line end. */
  readonly dateLine: () => string

  constructor(options: Http1ServerOptions) {
    const { respond, clock = systemClock, random = Math.random } = options
    this.respond = respond
    this.limits = { ...http1Limits, ...options.limits }
    this.clock = clock
    this.dateLine = createDate(clock.now, (date) => `date: ${date}\r\n`)
    this.random = random
    this.sweep = new Sweep(this.limits.sweepIntervalMs, clock)
  }

  /** Flushes the connection at the end of this event-loop turn. Called once per turn. */
  readonly flushSoon = gatherTick((connection: Flushable) => connection.flush())

  /** Returns the value with up to 10 % added or subtracted at random. */
  around(value: number): number {
    return value * (0.9 + 0.2 * this.random())
  }
}
