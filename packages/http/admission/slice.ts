/** Weight of a new measurement in the moving average. */
const weight = 0.2
/** Assumed cost of a call before the first measurement, in milliseconds. */
const firstCallMs = 0.1
/** Most starts between two reads of the clock. */
const strideMax = 32
/** Fewest starts in a tick that make a useful measurement. */
const measuredMin = 4
/** Longest slice, in milliseconds, however long socket reads and writes took. */
const shareMsMax = 50

/**
 * Limits how many calls start in one event-loop tick: as many as fit into a time slice, by the
 * clock and by the recent cost of a call. Much of a call may run after its start, in microtasks.
 */
export class Slice {
  /** Time that one call occupies the event loop, in milliseconds. */
  callMs = firstCallMs
  readonly #sliceMs: number
  readonly #now: () => number
  #beganMs = 0
  #startedCount = 0
  #lookAt = 0
  #countMax = 0
  #endedMs = Number.NEGATIVE_INFINITY
  #tickMs = 0

  constructor(sliceMs: number, now: () => number) {
    this.#sliceMs = sliceMs
    this.#now = now
  }

  /**
   * @param isContinued Whether calls waited at the end of the previous tick, so that all time since
   *   then went into reading and writing sockets. Handlers then get as much time, up to
   *   `shareMsMax`. Otherwise a service that receives more calls than it can read would run none of
   *   them.
   */
  begin(nowMs: number, isContinued: boolean): void {
    const elsewhereMs = isContinued ? nowMs - this.#endedMs : 0
    this.#tickMs = Math.max(this.#sliceMs, Math.min(elsewhereMs, shareMsMax))
    this.#beganMs = nowMs
    this.#startedCount = 0
    this.#countMax = Math.max(1, Math.floor(this.#tickMs / this.callMs))
    this.#lookAt = Math.min(strideMax, Math.max(1, this.#countMax >> 2))
  }

  /** Returns whether one more call may start in this tick. The caller must start it then. */
  spend(): boolean {
    if (this.#startedCount >= this.#lookAt && !this.#look()) return false
    this.#startedCount++
    return true
  }

  /** True when the tick is worth measuring. Call `end` then, after the calls have run. */
  get isMeasured(): boolean {
    return this.#startedCount >= measuredMin
  }

  /** Records that the started calls and their microtasks have run. */
  end(nowMs: number): void {
    this.#endedMs = nowMs
    if (this.#startedCount === 0) return
    const callMs = Math.max(0.001, (nowMs - this.#beganMs) / this.#startedCount)
    this.callMs += (callMs - this.callMs) * weight
  }

  #look(): boolean {
    if (this.#startedCount >= this.#countMax) return false
    if (this.#now() - this.#beganMs >= this.#tickMs) return false
    const stride = Math.min(strideMax, Math.max(1, this.#countMax >> 2))
    this.#lookAt = Math.min(this.#countMax, this.#startedCount + stride)
    return true
  }
}
