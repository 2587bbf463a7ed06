import type { Swept } from '../sweep.ts'
import type { Http1Context } from './context.ts'

/** Notified when a client is late. */
export interface DeadlineOwner {
  /** Reports that the client has not sent in time what it had to send. */
  onOverdue(): void
  /** Reports that the client has not read in time what was sent. */
  onStalled(): void
}

const never = Number.POSITIVE_INFINITY

/** Deadlines of a client. Setting one costs a read of the clock, and no timer. */
export class Deadlines implements Swept {
  sweepSlot: number | undefined = undefined
  /** True when the connection has reached its maximum age. */
  isAged = false
  readonly #context: Http1Context
  readonly #owner: DeadlineOwner
  #agedAtMs: number
  #dueMs = never
  #takenDueMs = never

  constructor(context: Http1Context, owner: DeadlineOwner) {
    this.#context = context
    this.#owner = owner
    this.#agedAtMs = context.clock.now() + context.around(context.limits.ageMaxMs)
    context.sweep.checkAt(this, this.#agedAtMs)
  }

  /** Starts a deadline for the next action of the client. It replaces the one before. */
  expectWithin(timeoutMs: number): void {
    this.#dueMs = this.#context.clock.now() + timeoutMs
    this.#context.sweep.checkAt(this, this.#dueMs)
  }

  expectNothing(): void {
    this.#dueMs = never
  }

  /** Starts a deadline for reading what was sent. */
  expectTaken(): void {
    this.#takenDueMs = this.#context.clock.now() + this.#context.limits.stalledTimeoutMs
    this.#context.sweep.checkAt(this, this.#takenDueMs)
  }

  onTaken(): void {
    this.#takenDueMs = never
  }

  stop(): void {
    this.#agedAtMs = never
    this.#dueMs = never
    this.#takenDueMs = never
    this.#context.sweep.remove(this)
  }

  onSweep(nowMs: number): number {
    if (nowMs >= this.#agedAtMs) {
      this.#agedAtMs = never
      this.isAged = true
    }
    if (nowMs >= this.#takenDueMs) {
      this.#takenDueMs = never
      this.#owner.onStalled()
    } else if (nowMs >= this.#dueMs) {
      this.#dueMs = never
      this.#owner.onOverdue()
    }
    return Math.min(this.#dueMs, this.#takenDueMs, this.#agedAtMs)
  }
}
