/** An allowance: a burst, and a rate. */
export interface Allowance {
  readonly burst: number
  readonly perSecond: number
}

/** Token bucket: an allowance that refills with time, up to the burst. */
export class TokenBucket {
  readonly #allowance: Allowance
  #tokens: number
  #filledAtMs: number

  constructor(allowance: Allowance, nowMs: number) {
    this.#allowance = allowance
    this.#tokens = allowance.burst
    this.#filledAtMs = nowMs
  }

  /** Takes tokens. Returns whether enough were left. */
  spend(tokens: number, nowMs: number): boolean {
    this.#tokens -= tokens
    if (this.#tokens >= 0) return true
    // Reads the clock only when it matters.
    return this.has(0, nowMs)
  }

  /** Returns whether `tokens` are left at this time. */
  has(tokens: number, nowMs: number): boolean {
    this.earn(((nowMs - this.#filledAtMs) / 1000) * this.#allowance.perSecond)
    this.#filledAtMs = nowMs
    return this.#tokens >= tokens
  }

  /** Adds tokens, up to the burst. */
  earn(tokens: number): void {
    this.#tokens = Math.min(this.#allowance.burst, this.#tokens + tokens)
  }
}
