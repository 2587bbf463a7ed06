import { Sweep } from '../http/sweep.ts'
import type { Http2Limits } from './limits.ts'
import { ChunkPool } from './outbox.ts'

interface Flushable {
  flush(): void
}

interface Settleable {
  settle(): void
}

export interface HubOptions {
  readonly limits: Http2Limits
  /** Milliseconds that only go forward. */
  readonly now?: () => number
  /** From 0 up to 1. */
  readonly random?: () => number
}

/** What connections share, so that one that rests has no timer and no buffer of its own. */
export class Hub {
  readonly limits: Http2Limits
  readonly chunks = new ChunkPool()
  readonly sweep: Sweep
  readonly random: () => number
  readonly now: () => number
  #unflushed: Flushable[] = []
  #unsettled: Settleable[] = []

  constructor({ limits, now = () => performance.now(), random = Math.random }: HubOptions) {
    this.limits = limits
    this.now = now
    this.random = random
    this.sweep = new Sweep(limits.sweepIntervalMs, now)
  }

  /** Flushes at the end of this turn of the event loop, when all that waited for what came has run. It asks once. */
  flushSoon(connection: Flushable): void {
    this.#wake()
    this.#unflushed.push(connection)
  }

  /** The same for what was not taken until then. */
  settleSoon(receiver: Settleable): void {
    this.#wake()
    this.#unsettled.push(receiver)
  }

  #wake(): void {
    if (this.#unflushed.length + this.#unsettled.length === 0) setImmediate(this.#endTurn)
  }

  readonly #endTurn = (): void => {
    const unflushed = this.#unflushed
    const unsettled = this.#unsettled
    this.#unflushed = []
    this.#unsettled = []
    for (const connection of unflushed) connection.flush()
    for (const receiver of unsettled) receiver.settle()
  }
}
