import type { ConnectError } from '@connectrpc/connect'
import { serviceDeadlineExceeded } from './errors/errors.ts'
import type { Expiring, Timeout, Timeouts } from './timeouts.ts'

/** Abort reason of a call that has completed. */
const finished = new DOMException('the call is over', 'AbortError')

/**
 * Lifetime of a call. It ends once: by completion, its deadline, its client, a shutdown or an
 * error. Creates its abort signal and listeners on demand, because most calls complete before
 * anything needs them.
 */
export class Lifetime implements Expiring {
  readonly timeouts: Timeouts
  #isOver = false
  #reason: unknown
  #controller: AbortController | undefined
  /** First listener, usually the only one. `#listeners` has the others. */
  #listener: ((reason: unknown) => void) | undefined
  #listeners: Set<(reason: unknown) => void> | undefined
  #timeout: Timeout | undefined
  #deadlineError: () => ConnectError = serviceDeadlineExceeded
  #unfollow: (() => void)[] | undefined

  constructor(timeouts: Timeouts) {
    this.timeouts = timeouts
  }

  /** True when the call has ended, completed or not. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Aborted with the reason of the end, also when the call has completed. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#isOver) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Ends the call before its response is complete. */
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

  /** Ends the call as completed. */
  finish(): void {
    this.end(finished)
  }

  get hasDeadline(): boolean {
    return this.#timeout !== undefined
  }

  /**
   * Ends the call after a delay.
   * @param delayMs in milliseconds.
   * @param createError creates the reason. Default: the service's own limit is exceeded.
   */
  setDeadline(delayMs: number, createError: () => ConnectError = serviceDeadlineExceeded): void {
    this.#deadlineError = createError
    this.#timeout?.delete(this)
    if (this.#isOver) return
    if (delayMs > 0) this.#timeout = this.timeouts.add(this, delayMs)
    else this.expire()
  }

  expire(): void {
    this.end(this.#deadlineError())
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

  /** Calls the listener when the call ends, or at once when it has ended. */
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

  /**
   * Settles like the promise, or rejects with the reason of the call's end if that comes first.
   * Leaves no listener behind.
   */
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
