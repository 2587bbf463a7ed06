import type { Expiring, Timeout, Timeouts } from './timeouts.ts'

/** Detects that a stream is quiet, with one entry in shared timers. Runs until `stop`. */
export class Heartbeat implements Expiring {
  readonly #timeouts: Timeouts
  readonly #intervalMs: number
  readonly #onQuiet: () => void
  #timeout: Timeout | undefined
  #isQuiet = false

  /**
   * @param intervalMs Maximum quiet time of a stream, in milliseconds.
   * @param onQuiet Called after half to all of the interval without activity, and again while that
   *   lasts.
   */
  constructor(timeouts: Timeouts, intervalMs: number, onQuiet: () => void) {
    this.#timeouts = timeouts
    this.#intervalMs = intervalMs
    this.#onQuiet = onQuiet
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
    if (wasQuiet) this.#onQuiet()
  }

  #wait(): void {
    this.#timeout = this.#timeouts.add(this, this.#intervalMs / 2)
  }
}
