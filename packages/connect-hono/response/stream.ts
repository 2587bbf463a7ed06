import { Code, ConnectError } from '@connectrpc/connect'
import { Heartbeat } from '../heartbeat.ts'
import type { Lifetime } from '../lifetime.ts'
import { EnvelopeBatch, type Packed } from '../wire/envelope.ts'
import type { Output } from './output.ts'

/** A batch that has so many bytes waits for no more. */
const batchBytesMin = 16 * 1024
/**
 * How many microtasks a batch waits for the next message: enough for a generator that has it, too few for one that has to
 * wait itself.
 */
const quietTicksMax = 6

type Chunk = IteratorResult<Uint8Array, undefined>

const done: Chunk = { done: true, value: undefined }

/** A thrown value, which may be `undefined`. */
export interface Failure {
  readonly thrown: unknown
}

export interface ResponseStreamOptions {
  readonly output: Output
  readonly lifetime: Lifetime
  /** Ends the response. Returns the bytes of its last envelope, if there is one. */
  readonly end: (failure: Failure | undefined) => Uint8Array | undefined
  /** Called once, when the last chunk was taken or the client left. */
  readonly onOver: () => void
  /**
   * How long the stream may be quiet until its last message is sent again, in milliseconds: for messages that are states,
   * so that no proxy takes the stream for dead. Default: never.
   */
  readonly heartbeatMs?: number | undefined
}

/**
 * The messages of a handler as chunks of a response body. Messages that come right after each other make one chunk. The
 * handler's next message is requested when the client has taken all before it.
 */
export class ResponseStream implements AsyncIterableIterator<Uint8Array, undefined> {
  /** Resolves with the first messages, or when the response is complete without any. */
  readonly begun: Promise<void>
  readonly #options: ResponseStreamOptions
  readonly #begin: () => void
  readonly #batch = new EnvelopeBatch()
  #source: AsyncIterator<unknown> | undefined
  /** Takes the next chunk, when the client waits for it. */
  #give: ((chunk: Chunk) => void) | undefined
  /** Whether a message is wanted: a client waits for one, or the response has not begun. */
  #isWanted = true
  #isAsking = false
  #willFlush = false
  #quietTicks = 0
  #isComplete = false
  #isOver = false
  readonly #heartbeat: Heartbeat | undefined
  /** The last message of the handler, where it may be sent again. */
  #last: unknown
  /** Messages that are being compressed. */
  #packingCount = 0

  constructor(options: ResponseStreamOptions) {
    this.#options = options
    const { heartbeatMs, lifetime } = options
    if (heartbeatMs !== undefined) {
      const onQuiet = () => this.#repeat()
      const { timeouts } = lifetime
      this.#heartbeat = new Heartbeat({ timeouts, intervalMs: heartbeatMs, onQuiet })
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
    this.#ask()
  }

  /** Ends the response with an error. */
  fail(thrown: unknown): void {
    if (this.#isComplete) return
    this.#complete({ thrown })
    // Not awaited: a handler that waits for something would return only after it.
    void this.#source?.return?.()?.catch(() => {})
  }

  /** The whole response, if it is complete before any of it was taken; then there are no chunks. */
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
    this.#give = resolve
    this.#isWanted = true
    this.#ask()
    return promise
  }

  /** The client has left. */
  return(): Promise<Chunk> {
    this.#options.lifetime.end(new ConnectError('the client left', Code.Canceled))
    this.#batch.take()
    this.#finish()
    this.#give?.(done)
    return Promise.resolve(done)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #ask(): void {
    if (this.#isAsking || this.#source === undefined) return
    this.#isAsking = true
    try {
      this.#source.next().then(this.#receive, this.#break)
    } catch (error) {
      this.fail(error)
    }
  }

  readonly #receive = ({ done, value }: IteratorResult<unknown>): void => {
    this.#isAsking = false
    if (this.#isComplete) return
    if (done) {
      this.#complete(undefined)
      return
    }
    try {
      this.#note(value)
      const packed = this.#options.output.addTo(this.#batch, value)
      if (packed === undefined) this.#added()
      else this.#addLater(packed)
    } catch (error) {
      this.fail(error)
    }
  }

  #note(message: unknown): void {
    if (this.#heartbeat === undefined) return
    this.#heartbeat.note()
    this.#last = message
  }

  /** Sends the last message again, to a client that waits for the next one. */
  #repeat(): void {
    const last = this.#last
    const isWaiting = this.#give !== undefined && this.#batch.length === 0
    if (last === undefined || !isWaiting || this.#packingCount > 0 || this.#willFlush) return
    try {
      const packed = this.#options.output.addTo(this.#batch, last)
      if (packed === undefined) this.#flush()
      else this.#repeatLater(last, packed)
    } catch (error) {
      this.fail(error)
    }
  }

  /** A state that is no longer the last one is not sent behind its successor. */
  #repeatLater(message: unknown, packed: Promise<Packed>): void {
    this.#packingCount++
    packed.then((later) => {
      this.#packingCount--
      if (this.#isComplete || this.#last !== message) return
      this.#batch.add(later)
      if (!this.#willFlush) this.#flush()
    }, this.#break)
  }

  #addLater(packed: Promise<Packed>): void {
    this.#isAsking = true
    this.#packingCount++
    packed.then((later) => {
      this.#isAsking = false
      this.#packingCount--
      if (this.#isComplete) return
      this.#batch.add(later)
      this.#added()
    }, this.#break)
  }

  readonly #break = (error: unknown): void => {
    this.fail(error)
  }

  #added(): void {
    if (this.#batch.length >= batchBytesMin) this.#isWanted = false
    if (this.#isWanted) this.#ask()
    this.#quietTicks = 0
    if (this.#willFlush) return
    this.#willFlush = true
    queueMicrotask(this.#tick)
  }

  readonly #tick = (): void => {
    this.#quietTicks++
    if (this.#isAsking && this.#quietTicks < quietTicksMax) queueMicrotask(this.#tick)
    else if (this.#willFlush) this.#flush()
  }

  #flush(): void {
    this.#willFlush = false
    this.#isWanted = false
    this.#begin()
    const give = this.#give
    if (give === undefined || this.#batch.length === 0) return
    this.#give = undefined
    give({ done: false, value: this.#batch.take() })
  }

  #complete(failure: Failure | undefined): void {
    this.#isComplete = true
    this.#heartbeat?.stop()
    const last = this.#options.end(failure)
    if (last !== undefined) this.#batch.addEncoded(last)
    this.#flush()
    if (this.#give === undefined) return
    this.#finish()
    this.#give(done)
  }

  #finish(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#heartbeat?.stop()
    this.#options.onOver()
  }
}
