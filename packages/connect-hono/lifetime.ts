import { Code, ConnectError } from '@connectrpc/connect'
import type { Expiring, Timeout, Timeouts } from './timeouts.ts'

/** Why the signal of a call is aborted that came to its end. */
const finished = new DOMException('the call is over', 'AbortError')

/**
 * How long a call goes on, and who ends it before: its deadline, its client, the process, the call itself. The first of
 * them decides. Nothing is made that nobody asks for: most calls are over before anyone does.
 */
export class Lifetime implements Expiring {
  readonly timeouts: Timeouts
  #isOver = false
  #reason: unknown
  #controller: AbortController | undefined
  /** The first to listen, which most often is the only one, and those after it. */
  #listener: ((reason: unknown) => void) | undefined
  #listeners: Set<(reason: unknown) => void> | undefined
  #timeout: Timeout | undefined
  #deadlineText = ''
  #deadlineCode = Code.DeadlineExceeded
  #unfollow: (() => void)[] | undefined

  constructor(timeouts: Timeouts) {
    this.timeouts = timeouts
  }

  /** Whether it was ended, or finished. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Aborted with the reason when the call is ended, and also when it has finished. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#isOver) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Ends the call before its answer is complete. */
  end(reason: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#reason = reason
    this.#timeout?.delete(this)
    if (this.#unfollow !== undefined) for (const unfollow of this.#unfollow) unfollow()
    this.#controller?.abort(reason)
    const listener = this.#listener
    const listeners = this.#listeners
    this.#listener = undefined
    this.#listeners = undefined
    listener?.(reason)
    if (listeners !== undefined) for (const later of listeners) later(reason)
  }

  /** Says that the call has come to its end. */
  finish(): void {
    this.end(finished)
  }

  get hasDeadline(): boolean {
    return this.#timeout !== undefined
  }

  /** Ends the call after the time. Default code: `DEADLINE_EXCEEDED`. */
  setDeadline(delayMs: number, text: string, code: Code = Code.DeadlineExceeded): void {
    this.#deadlineText = text
    this.#deadlineCode = code
    this.#timeout?.delete(this)
    if (this.#isOver) return
    if (delayMs > 0) this.#timeout = this.timeouts.add(this, delayMs)
    else this.expire()
  }

  expire(): void {
    this.end(new ConnectError(this.#deadlineText, this.#deadlineCode))
  }

  /** Ends the call when the signal is aborted, with its reason. */
  follow(signal: AbortSignal): void {
    const end = () => this.end(signal.reason)
    if (signal.aborted) end()
    if (this.#isOver) return
    signal.addEventListener('abort', end, { once: true })
    this.#unfollow ??= []
    this.#unfollow.push(() => signal.removeEventListener('abort', end))
  }

  throwIfOver(): void {
    if (this.#isOver) throw this.#reason
  }

  /** Calls the listener when the call is over: at once when it is already. */
  whenOver(listener: (reason: unknown) => void): void {
    if (this.#isOver) {
      listener(this.#reason)
      return
    }
    if (this.#listener === undefined) {
      this.#listener = listener
      return
    }
    this.#listeners ??= new Set()
    this.#listeners.add(listener)
  }

  #forget(listener: (reason: unknown) => void): void {
    if (this.#listener === listener) this.#listener = undefined
    else this.#listeners?.delete(listener)
  }

  /** Follows a promise, and rejects with the reason of the call's end if that comes first. Leaves no listener behind. */
  unlessOver<T>(promise: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.whenOver(reject)
      promise.then(
        (result) => {
          this.#forget(reject)
          resolve(result)
        },
        (error) => {
          this.#forget(reject)
          reject(error)
        },
      )
    })
  }
}
