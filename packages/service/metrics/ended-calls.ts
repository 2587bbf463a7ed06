/** A call that has ended. */
export interface EndedCall {
  readonly protocol: string
  readonly method: string
  readonly code: string
  readonly durationMs: number
  /** Default: false. */
  readonly isStream?: boolean
  /** True for a file of the page. Default: false. */
  readonly isFile?: boolean
  /** Service to which it was forwarded. */
  readonly target?: string | undefined
  /** On the clock of `performance.now()`. */
  readonly startMs: number
  /** Empty when it was refused before it had one. */
  readonly requestId: string
  readonly traceId?: string | undefined
}

/** Number of calls that a process keeps. */
export const endedCallsMax = 500

/** Keeps the last calls of a process. */
export class EndedCalls {
  readonly #calls: EndedCall[] = []
  /** Place of the next call, which has the oldest one when the ring is full. */
  #next = 0

  add(call: EndedCall): void {
    this.#calls[this.#next] = call
    this.#next = (this.#next + 1) % endedCallsMax
  }

  *newestFirst(): Generator<EndedCall> {
    const { length } = this.#calls
    for (let age = 1; age <= length; age++) {
      const call = this.#calls[(this.#next - age + length) % length]
      if (call) yield call
    }
  }
}
