import type { Clock } from '../../clock.ts'
import type { Sweep, Swept } from '../../sweep.ts'

/** The time of one connection, and the next check of its deadlines. */
export class ConnectionTimer implements Swept {
  /** Time of the last `tick`, in milliseconds: the time of the current chunk. */
  nowMs: number
  sweepSlot: number | undefined
  readonly #clock: Clock
  readonly #sweep: Sweep
  readonly #check: () => number

  /** @param check Runs the deadlines that are due at `nowMs`, and returns the next one. */
  constructor(clock: Clock, sweep: Sweep, check: () => number) {
    this.nowMs = clock.now()
    this.#clock = clock
    this.#sweep = sweep
    this.#check = check
  }

  tick(): number {
    this.nowMs = this.#clock.now()
    return this.nowMs
  }

  /** Checks the deadlines this long after the last tick, or earlier. */
  checkIn(ms: number): void {
    this.#sweep.checkAt(this, this.nowMs + ms)
  }

  stop(): void {
    this.#sweep.remove(this)
  }

  onSweep(nowMs: number): number {
    this.nowMs = nowMs
    return this.#check()
  }
}
