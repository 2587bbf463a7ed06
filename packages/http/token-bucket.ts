/** How much of something a peer may do: at once, and going on. */
export interface Allowance {
  readonly burst: number
  readonly perSecond: number
}

/** Spends an allowance: what is not used comes back with time, up to the burst. */
export class TokenBucket {
  readonly #allowance: Allowance
  #tokens: number
  #filledAtMs: number

  constructor(allowance: Allowance, nowMs: number) {
    this.#allowance = allowance
    this.#tokens = allowance.burst
    this.#filledAtMs = nowMs
  }

  /** False when it was not there. */
  spend(tokens: number, nowMs: number): boolean {
    this.#tokens -= tokens
    if (this.#tokens >= 0) return true
    // The clock is looked at only when it matters.
    return this.has(0, nowMs)
  }

  /** Whether so many are left at this time. */
  has(tokens: number, nowMs: number): boolean {
    this.earn(((nowMs - this.#filledAtMs) / 1000) * this.#allowance.perSecond)
    this.#filledAtMs = nowMs
    return this.#tokens >= tokens
  }

  /** Gives more for work that is worth it. */
  earn(tokens: number): void {
    this.#tokens = Math.min(this.#allowance.burst, this.#tokens + tokens)
  }
}
