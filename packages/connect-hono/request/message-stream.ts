import type { Message } from '@bufbuild/protobuf'
import type { Lifetime } from '../lifetime.ts'
import type { Polled } from '../wire/envelope.ts'

/** Messages of a request, as they arrive. */
export interface MessageSource {
  /** Returns whether there is a message to `take`, without waiting. */
  poll(): Polled
  /** Resolves when `poll` may return another result. */
  ready(): Promise<void>
  /** Returns the message that `poll` has found. */
  take(): Message | Promise<Message>
}

type Result = IteratorResult<Message, undefined>

const done: Result = { done: true, value: undefined }

/**
 * Messages of a request, for its handler. An invalid message ends the call, even if the handler
 * catches the error.
 */
export class MessageStream implements AsyncIterableIterator<Message, undefined> {
  readonly #input: MessageSource
  readonly #lifetime: Lifetime
  #isDone = false
  /** Last result that was requested, until it settles. */
  #pending: Promise<Result> | undefined

  constructor(input: MessageSource, lifetime: Lifetime) {
    this.#input = input
    this.#lifetime = lifetime
  }

  next(): Promise<Result> {
    if (this.#pending !== undefined) return this.#keep(this.#pending.then(() => this.#later()))
    try {
      if (this.#isDone) return Promise.resolve(done)
      this.#lifetime.throwIfOver()
      const polled = this.#input.poll()
      if (polled === 'envelope') {
        const value = this.#input.take()
        if (!(value instanceof Promise)) return Promise.resolve({ done: false, value })
        return this.#keep(value.then((message) => ({ done: false, value: message })))
      }
      if (polled === 'wait') return this.#keep(this.#later())
      this.#isDone = true
      return Promise.resolve(done)
    } catch (error) {
      return this.#fail(error)
    }
  }

  return(): Promise<Result> {
    this.#isDone = true
    return Promise.resolve(done)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #later(): Promise<Result> {
    if (this.#isDone) return done
    let polled = this.#input.poll()
    for (; polled === 'wait'; polled = this.#input.poll()) await this.#input.ready()
    if (polled === 'envelope') return { done: false, value: await this.#input.take() }
    this.#isDone = true
    return done
  }

  #keep(result: Promise<Result>): Promise<Result> {
    const pending = result.catch((error) => this.#fail(error))
    this.#pending = pending
    const release = () => {
      if (this.#pending === pending) this.#pending = undefined
    }
    // The handler may no longer wait for it.
    pending.then(release, release)
    return pending
  }

  #fail(error: unknown): Promise<never> {
    this.#isDone = true
    this.#lifetime.end(error)
    return Promise.reject(error)
  }
}
