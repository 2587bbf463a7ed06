import { createDate } from '../../date.ts'
import { MemoryBudget } from '../../memory/budget.ts'
import { Sweep } from '../../sweep.ts'
import { gatherTurn } from '../../tick.ts'
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
  /** What the peers may make this process hold. Default: no bound. */
  readonly memory?: MemoryBudget
  /** Milliseconds that only go forward. */
  readonly now?: () => number
  /** From 0 up to 1. */
  readonly random?: () => number
}

/** What connections share, so that one that rests has no timer and no buffer of its own. */
export class Http2Context {
  readonly limits: Http2Limits
  readonly memory: MemoryBudget
  readonly chunks = new ChunkPool()
  readonly sweep: Sweep
  readonly random: () => number
  readonly now: () => number
  /** The value of `date` in a response. */
  readonly date: () => string
  /** Flushes the connection at the end of this turn of the event loop. It asks once. */
  readonly flushSoon = gatherTurn((connection: Flushable) => connection.flush())
  /** Settles the receiver when all that waited for what came in this turn has run. It asks once. */
  readonly settleSoon = gatherTurn(
    (receiver: Settleable) => receiver.settle(),
    (settle) => setImmediate(setImmediate, settle),
  )

  constructor(options: Http2ContextOptions) {
    const { limits, now = () => performance.now(), random = Math.random } = options
    this.limits = limits
    this.memory = options.memory ?? new MemoryBudget()
    this.now = now
    this.date = createDate(now)
    this.random = random
    this.sweep = new Sweep(limits.sweepIntervalMs, now)
  }
}
