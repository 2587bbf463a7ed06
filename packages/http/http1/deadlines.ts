import type { Swept } from '../sweep.ts'
import type { Http1Context } from './context.ts'

/** Is told when a client is late. */
export interface DeadlineOwner {
  /** It has not done what it was waited for. */
  onOverdue(): void
  /** It has not taken what was sent. */
  onStalled(): void
}

const never = Number.POSITIVE_INFINITY

/** When the client of a connection has to have done what. Setting one costs a look at the clock, and no timer. */
export class Deadlines implements Swept {
  sweepSlot: number | undefined = undefined
  /** Whether the connection is so old that it should end. */
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

  /** One thing is waited for at a time. */
  expectWithin(timeoutMs: number): void {
    this.#dueMs = this.#context.clock.now() + timeoutMs
    this.#context.sweep.checkAt(this, this.#dueMs)
  }

  expectNothing(): void {
    this.#dueMs = never
  }

  /** Something was sent that the client has to take. */
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
