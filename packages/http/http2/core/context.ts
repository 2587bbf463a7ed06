import { type Clock, systemClock } from '../../clock.ts'
import { createDate } from '../../date.ts'
import { MemoryBudget } from '../../memory/budget.ts'
import { Sweep } from '../../sweep.ts'
import { gatherTick } from '../../tick.ts'
import { ChunkPool } from '../frames/outbox.ts'
import type { Http2Limits } from '../limits.ts'

interface Flushable {
  flush(): void
}

interface Settleable {
  settle(): void
}

export interface Http2ContextOptions {
  readonly limits: Http2Limits
  /** Memory that the peers may make this process hold. Default: no limit. */
  readonly memory?: MemoryBudget
  /** Default: the clock of the runtime. */
  readonly clock?: Clock
  /** Returns a number from 0 up to 1. Default: `Math.random`. */
  readonly random?: () => number
}

/** The shared state of connections, so that an idle one has no timer and no buffer of its own. */
export class Http2Context {
  readonly limits: Http2Limits
  readonly memory: MemoryBudget
  readonly chunks = new ChunkPool()
  readonly sweep: Sweep
  readonly random: () => number
  readonly clock: Clock
  /** Returns the value of `date` for a response. */
  readonly date: () => string
  /** Flushes the connection at the end of this event-loop turn. Called once per turn. */
  readonly flushSoon = gatherTick((connection: Flushable) => connection.flush())
  /**
   * Settles the receiver after all code that waited for data of this event-loop turn has run.
   * Called once per turn.
   */
  readonly settleSoon = gatherTick(
    (receiver: Settleable) => receiver.settle(),
    (settle) => setImmediate(setImmediate, settle),
  )

  constructor(options: Http2ContextOptions) {
    const { limits, clock = systemClock, random = Math.random } = options
    this.limits = limits
    this.memory = options.memory ?? new MemoryBudget()
    this.clock = clock
    this.date = createDate(clock.now)
    this.random = random
    this.sweep = new Sweep(limits.sweepIntervalMs, clock)
  }
}
