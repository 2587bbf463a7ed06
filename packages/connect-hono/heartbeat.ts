import type { Expiring, Timeout, Timeouts } from './timeouts.ts'

export interface HeartbeatOptions {
  readonly timeouts: Timeouts
  /** How long a stream may be quiet, in milliseconds. */
  readonly intervalMs: number
  /** Called when nothing was noted for half of the interval to all of it, and again while that lasts. */
  readonly onQuiet: () => void
}

/** Notices that a stream is quiet, at the price of one entry among shared timers. Runs until it is stopped. */
export class Heartbeat implements Expiring {
  readonly #options: HeartbeatOptions
  #timeout: Timeout | undefined
  #isQuiet = false

  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.#wait()
  }

  /** Something was sent. */
  note(): void {
    this.#isQuiet = false
  }

  stop(): void {
    this.#timeout?.delete(this)
    this.#timeout = undefined
  }

  expire(): void {
    if (this.#timeout === undefined) return
    const wasQuiet = this.#isQuiet
    this.#isQuiet = true
    this.#wait()
    if (wasQuiet) this.#options.onQuiet()
  }

  #wait(): void {
    const { timeouts, intervalMs } = this.#options
    this.#timeout = timeouts.add(this, intervalMs / 2)
  }
}
