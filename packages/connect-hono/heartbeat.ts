import type { Expiring, Timeout, Timeouts } from './timeouts.ts'

export interface HeartbeatOptions {
  readonly timeouts: Timeouts
  /** Maximum quiet time of a stream, in milliseconds. */
  readonly intervalMs: number
  /** Called after half to all of the interval without activity, and again while that lasts. */
  readonly onQuiet: () => void
}

/** Detects that a stream is quiet, with one entry in shared timers. Runs until `stop`. */
export class Heartbeat implements Expiring {
  readonly #options: HeartbeatOptions
  #timeout: Timeout | undefined
  #isQuiet = false

  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.#wait()
  }

  /** Records that a message was sent. */
  record(): void {
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
