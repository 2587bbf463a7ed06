/** How much of what was known a new measurement replaces. */
const weight = 0.2
/** What a call is taken to cost before one was measured, in milliseconds. */
const firstCallMs = 0.1
/** Starts between two looks at the clock, at most. */
const strideMax = 32
/** Fewer starts in a turn say too little to be measured. */
const measuredMin = 4
/** The longest slice, in milliseconds, however long sockets were read and written. */
const shareMsMax = 50

/**
 * How many calls start in one turn of the event loop: as many as fit into the slice, by the clock and by what calls have
 * cost lately, for much of a call may run after its start, in microtasks.
 */
export class Slice {
  /** How long one call occupies the event loop, in milliseconds. */
  callMs = firstCallMs
  readonly #sliceMs: number
  readonly #now: () => number
  #beganMs = 0
  #startedCount = 0
  #lookAt = 0
  #countMax = 0
  #endedMs = Number.NEGATIVE_INFINITY
  #turnMs = 0

  constructor(sliceMs: number, now: () => number) {
    this.#sliceMs = sliceMs
    this.#now = now
  }

  /**
   * @param isContinued Whether calls waited at the end of the turn before, so that all time since then
   *   went into reading and writing sockets. Handlers get as much, up to `shareMsMax`: a service that is
   *   offered more than it can read would run none of it otherwise.
   */
  begin(nowMs: number, isContinued: boolean): void {
    const elsewhereMs = isContinued ? nowMs - this.#endedMs : 0
    this.#turnMs = Math.max(this.#sliceMs, Math.min(elsewhereMs, shareMsMax))
    this.#beganMs = nowMs
    this.#startedCount = 0
    this.#countMax = Math.max(1, Math.floor(this.#turnMs / this.callMs))
    this.#lookAt = Math.min(strideMax, Math.max(1, this.#countMax >> 2))
  }

  /** Whether one more may start in this turn; then it has to. */
  spend(): boolean {
    if (this.#startedCount >= this.#lookAt && !this.#look()) return false
    this.#startedCount++
    return true
  }

  /** Whether the turn's cost is worth measuring: `end` is to be called when the calls have run. */
  get isMeasured(): boolean {
    return this.#startedCount >= measuredMin
  }

  /** The started calls and their microtasks have run. */
  end(nowMs: number): void {
    this.#endedMs = nowMs
    if (this.#startedCount === 0) return
    const callMs = Math.max(0.001, (nowMs - this.#beganMs) / this.#startedCount)
    this.callMs += (callMs - this.callMs) * weight
  }

  #look(): boolean {
    if (this.#startedCount >= this.#countMax) return false
    if (this.#now() - this.#beganMs >= this.#turnMs) return false
    const stride = Math.min(strideMax, Math.max(1, this.#countMax >> 2))
    this.#lookAt = Math.min(this.#countMax, this.#startedCount + stride)
    return true
  }
}
