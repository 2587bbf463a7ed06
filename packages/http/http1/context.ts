import { createDate } from '../date.ts'
import type { Respond } from '../exchange.ts'
import { Sweep } from '../sweep.ts'
import { gatherTurn } from '../tick.ts'
import type { Http1Limits } from './limits.ts'

interface Flushable {
  flush(): void
}

export interface HubOptions {
  readonly respond: Respond
  readonly limits: Http1Limits
  /** Milliseconds that only go forward. */
  readonly now: () => number
  /** From 0 up to 1. */
  readonly random: () => number
}

/** What connections share, so that one that rests has no timer of its own. */
export class Hub {
  readonly respond: Respond
  readonly limits: Http1Limits
  readonly now: () => number
  readonly random: () => number
  readonly sweep: Sweep
  /** Whether no connection is to be kept. */
  isDraining = false
  readonly #date: () => string
  #lineDate = ''
  #dateLine = ''

  constructor({ respond, limits, now, random }: HubOptions) {
    this.respond = respond
    this.limits = limits
    this.now = now
    this.#date = createDate(now)
    this.random = random
    this.sweep = new Sweep(limits.sweepIntervalMs, now)
  }

  /** Flushes the connection at the end of this turn of the event loop. It asks once. */
  readonly flushSoon = gatherTurn((connection: Flushable) => connection.flush())

  /** The `date` of an answer (RFC 9110 §6.6.1), with its line end. */
  dateLine(): string {
    const date = this.#date()
    if (date !== this.#lineDate) {
      this.#lineDate = date
      this.#dateLine = `date: ${date}\r\n`
    }
    return this.#dateLine
  }

  /** 10 % more or less. */
  around(value: number): number {
    return value * (0.9 + 0.2 * this.random())
  }
}
