import type { Clock } from '../../clock.ts'
import type { Sweep, Swept } from '../../sweep.ts'

/** Called when a deadline may have passed. */
export interface DeadlineOwner {
  /** Runs the deadlines that are due, and returns the time of the next one. */
  checkDeadlines(): number
}

/** The time of one connection, and the next check of its deadlines. */
export class ConnectionTimer implements Swept {
  /** Time of the last `tick`, in milliseconds: the time of the current chunk. */
  nowMs: number
  sweepSlot: number | undefined = undefined
  readonly #clock: Clock
  readonly #sweep: Sweep
  readonly #owner: DeadlineOwner

  constructor(clock: Clock, sweep: Sweep, owner: DeadlineOwner) {
    this.nowMs = clock.now()
    this.#clock = clock
    this.#sweep = sweep
    this.#owner = owner
  }

  tick(): number {
    this.nowMs = this.#clock.now()
    return this.nowMs
  }

  /** Checks the deadlines this long after the last tick, or earlier. */
  checkIn(ms: number): void {
    this.#sweep.checkAt(this, this.nowMs + ms)
  }

  /** Checks the deadlines at this time, and not before. */
  postpone(untilMs: number): void {
    this.#sweep.remove(this)
    this.#sweep.checkAt(this, untilMs)
  }

  stop(): void {
    this.#sweep.remove(this)
  }

  onSweep(nowMs: number): number {
    this.nowMs = nowMs
    return this.#owner.checkDeadlines()
  }
}
