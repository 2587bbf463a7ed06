import { nextTick } from 'node:process'
import { Code, ConnectError } from '@connectrpc/connect'
import { Heartbeat } from '../heartbeat.ts'
import type { Lifetime } from '../lifetime.ts'
import { EnvelopeBatch } from '../wire/envelope.ts'

/** Minimum size of a batch that is sent without waiting for further messages, in bytes. */
const batchBytesMin = 16 * 1024

type Chunk = IteratorResult<Uint8Array, undefined>

const done: Chunk = { done: true, value: undefined }

/** A thrown value, which may be `undefined`. */
export interface Failure {
  readonly thrown: unknown
}

/** Encodes messages into a batch. */
export interface StreamOutput {
  /** Adds the message, or returns a promise of its envelope. */
  addTo(batch: EnvelopeBatch, message: unknown): Promise<Uint8Array> | undefined
  /** Adds what keeps a quiet stream open. Default: the last message again. */
  addHeartbeat?(batch: EnvelopeBatch): void
}

export interface ResponseStreamOptions {
  readonly output: StreamOutput
  readonly lifetime: Lifetime
  /** Ends the response. Returns the bytes of its last envelope, if there is one. */
  readonly end: (failure: Failure | undefined) => Uint8Array | undefined
  /** Called once, when the last chunk was taken or the client left. */
  readonly onOver: () => void
  /**
   * Quiet time after which the stream sends its heartbeat, in milliseconds, so that no proxy closes
   * it. With the last message as heartbeat, messages have to be states. Default: never.
   */
  readonly heartbeatMs?: number | undefined
}

/**
 * Chunks of a response body with the messages of a handler. Messages that come right after each
 * other make one chunk. The next message is requested when the client has taken all before it.
 */
export class ResponseStream implements AsyncIterableIterator<Uint8Array, undefined> {
  /** Resolves with the first messages, or when the response is complete without any. */
  readonly begun: Promise<void>
  readonly #options: ResponseStreamOptions
  readonly #begin: () => void
  readonly #batch = new EnvelopeBatch()
  #source: AsyncIterator<unknown> | undefined
  /** Takes the next chunk, when the client waits for it. */
  #deliver: ((chunk: Chunk) => void) | undefined
  /** True when the client waits for a message, or the response has not begun. */
  #hasDemand = true
  #isPulling = false
  #willFlush = false
  #isComplete = false
  #isOver = false
  readonly #heartbeat: Heartbeat | undefined
  /** Last message of the handler, when it may be sent again. */
  #last: unknown
  /** Number of messages that are being compressed. */
  #encodingCount = 0

  constructor(options: ResponseStreamOptions) {
    this.#options = options
    const { heartbeatMs, lifetime } = options
    if (heartbeatMs !== undefined) {
      this.#heartbeat = new Heartbeat(lifetime.timeouts, heartbeatMs, () => this.#beat())
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    this.begun = promise
    this.#begin = resolve
    options.lifetime.whenOver((reason) => this.fail(reason))
  }

  /** Sends the messages of a handler. */
  send(messages: AsyncIterable<unknown>): void {
    if (this.#isComplete) return
    this.#source = messages[Symbol.asyncIterator]()
    this.#pull()
  }

  /** Ends the response with an error. */
  fail(thrown: unknown): void {
    if (this.#isComplete) return
    this.#complete({ thrown })
    // Not awaited: a handler that waits for something would return only after it.
    void this.#source?.return?.()?.catch(() => {})
  }

  /** Returns the whole response if it is complete already. There are no chunks then. */
  whole(): Uint8Array | undefined {
    if (!this.#isComplete) return undefined
    this.#finish()
    return this.#batch.take()
  }

  next(): Promise<Chunk> {
    if (this.#batch.length > 0 && !this.#willFlush) {
      return Promise.resolve({ done: false, value: this.#batch.take() })
    }
    if (this.#isComplete) {
      this.#finish()
      return Promise.resolve(done)
    }
    const { promise, resolve } = Promise.withResolvers<Chunk>()
    this.#deliver = resolve
    this.#hasDemand = true
    this.#pull()
    return promise
  }

  /** Ends the call, because the client has left. */
  return(): Promise<Chunk> {
    this.#options.lifetime.end(new ConnectError('the client left', Code.Canceled))
    this.#batch.take()
    this.#finish()
    this.#deliver?.(done)
    return Promise.resolve(done)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #pull(): void {
    if (this.#isPulling || this.#source === undefined) return
    this.#isPulling = true
    try {
      this.#source.next().then(this.#receive, this.#break)
    } catch (error) {
      this.fail(error)
    }
  }

  readonly #receive = ({ done, value }: IteratorResult<unknown>): void => {
    this.#isPulling = false
    if (this.#isComplete) return
    if (done) {
      this.#complete(undefined)
      return
    }
    try {
      this.#record(value)
      const encoded = this.#options.output.addTo(this.#batch, value)
      if (encoded === undefined) this.#added()
      else this.#addLater(encoded)
    } catch (error) {
      this.fail(error)
    }
  }

  #record(message: unknown): void {
    if (this.#heartbeat === undefined) return
    this.#heartbeat.record()
    this.#last = message
  }

  /** Sends a heartbeat to a client that waits for the next message. */
  #beat(): void {
    const { output } = this.#options
    const last = this.#last
    const isWaiting = this.#deliver !== undefined && this.#batch.length === 0
    if (last === undefined || !isWaiting || this.#encodingCount > 0 || this.#willFlush) return
    try {
      const encoded = output.addHeartbeat
        ? output.addHeartbeat(this.#batch)
        : output.addTo(this.#batch, last)
      if (!encoded) this.#flush()
      else this.#repeatLater(last, encoded)
    } catch (error) {
      this.fail(error)
    }
  }

  /** A state that is no longer the last one is not sent behind its successor. */
  #repeatLater(message: unknown, encoded: Promise<Uint8Array>): void {
    this.#encodingCount++
    encoded.then((later) => {
      this.#encodingCount--
      if (this.#isComplete || this.#last !== message) return
      this.#batch.addEncoded(later)
      if (!this.#willFlush) this.#flush()
    }, this.#break)
  }

  #addLater(encoded: Promise<Uint8Array>): void {
    this.#isPulling = true
    this.#encodingCount++
    encoded.then((later) => {
      this.#isPulling = false
      this.#encodingCount--
      if (this.#isComplete) return
      this.#batch.addEncoded(later)
      this.#added()
    }, this.#break)
  }

  readonly #break = (error: unknown): void => {
    this.fail(error)
  }

  #added(): void {
    if (this.#batch.length >= batchBytesMin) this.#hasDemand = false
    if (this.#hasDemand) this.#pull()
    if (this.#willFlush) return
    this.#willFlush = true
    // After all microtasks: until then, a generator that does not wait itself has its next message.
    nextTick(this.#flushBatch)
  }

  readonly #flushBatch = (): void => {
    if (this.#willFlush) this.#flush()
  }

  #flush(): void {
    this.#willFlush = false
    this.#hasDemand = false
    this.#begin()
    const deliver = this.#deliver
    if (deliver === undefined || this.#batch.length === 0) return
    this.#deliver = undefined
    deliver({ done: false, value: this.#batch.take() })
  }

  #complete(failure: Failure | undefined): void {
    this.#isComplete = true
    this.#heartbeat?.stop()
    const last = this.#options.end(failure)
    if (last !== undefined) this.#batch.addEncoded(last)
    this.#flush()
    if (this.#deliver === undefined) return
    this.#finish()
    this.#deliver(done)
  }

  #finish(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#heartbeat?.stop()
    this.#options.onOver()
  }
}
