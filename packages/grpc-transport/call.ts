import { Code, ConnectError } from '@connectrpc/connect'
import type { ClientStream, StreamOwner } from '@marquee/http/http2/client/port'
import type { Deadlines, Expiring } from './deadlines.ts'
import { MessageReader } from './message-reader.ts'
import type { ResolvedGrpcOptions, Streams } from './options.ts'
import { headError, statusError, streamError } from './status.ts'

/** What the calls of one transport share. */
export interface Calls {
  readonly streams: Streams
  readonly deadlines: Deadlines
  readonly options: ResolvedGrpcOptions
}

/** When a call is to end. */
export interface CallLimits {
  readonly signal: AbortSignal | undefined
  readonly timeoutMs: number | undefined
}

/**
 * A call from its first byte to its last: it ends once, by its answer's status, a broken answer or connection, its
 * deadline, or its caller.
 */
export abstract class Call implements StreamOwner, Expiring, EventListenerObject {
  readonly deadlineMs: number
  protected readonly calls: Calls
  protected readonly reader: MessageReader
  protected stream: ClientStream | undefined
  #isOver = false
  readonly #signal: AbortSignal | undefined

  constructor(calls: Calls, { signal, timeoutMs }: CallLimits) {
    this.calls = calls
    this.reader = new MessageReader(calls.options.readMaxBytes)
    this.#signal = signal
    this.deadlineMs = timeoutMs === undefined ? Infinity : performance.now() + timeoutMs
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Sends the request, in whole or in part. */
  protected abstract send(stream: ClientStream): void
  /** The head is good. */
  protected abstract receiveHead(stream: ClientStream): void
  /** There are bytes. */
  protected abstract receive(stream: ClientStream): void
  /** The answer has ended, with bytes perhaps that were not taken. */
  protected abstract receiveEnd(stream: ClientStream): void
  /** The call ended with an error. */
  protected abstract failed(error: ConnectError): void

  start(head: readonly string[]): void {
    if (this.#signal?.aborted) {
      this.handleEvent()
      return
    }
    this.#signal?.addEventListener('abort', this)
    if (this.deadlineMs !== Infinity) this.calls.deadlines.add(this)
    this.calls.streams.open(head, this)
  }

  /** The error that the answer's end tells, if any. */
  protected statusError({ fields, trailers }: ClientStream): ConnectError | undefined {
    // An answer that has nothing but a head tells its status there ("Trailers-Only").
    const isTrailersOnly = trailers.length === 0 && !this.reader.isUsed
    const error = isTrailersOnly ? statusError(fields, []) : statusError(trailers, fields)
    if (error || !this.reader.hasRest) return error
    return new ConnectError('protocol error: the last message is not whole', Code.Internal)
  }

  /** Ends the call with an error, unless it is over. */
  fail(reason: unknown): void {
    if (this.#isOver) return
    this.finish()
    const { stream } = this
    if (stream) stream.cancel()
    else this.calls.streams.abandon(this)
    this.failed(ConnectError.from(reason))
  }

  /** Says that the call is over; its stream is left as it is. */
  protected finish(): void {
    this.#isOver = true
    this.#signal?.removeEventListener('abort', this)
    this.calls.deadlines.delete(this)
  }

  // What the stream tells.

  onOpen(stream: ClientStream): void {
    this.stream = stream
    this.send(stream)
  }

  onHead(): void {
    const { stream } = this
    if (!stream) return
    const error = headError(stream.status, stream.fields, this.calls.options)
    if (error) this.fail(error)
    else this.receiveHead(stream)
  }

  onBytes(): void {
    try {
      if (this.stream) this.receive(this.stream)
    } catch (error) {
      this.fail(error)
    }
  }

  onEnd(): void {
    try {
      if (this.stream) this.receiveEnd(this.stream)
    } catch (error) {
      this.fail(error)
    }
  }

  onFailure(cause: Error): void {
    // A server gives a call up at its deadline, too, and may be earlier than the timer here.
    if (performance.now() >= this.deadlineMs) this.expire()
    this.fail(streamError(this.calls.streams.origin, cause))
  }

  // What ends the call from this side.

  expire(): void {
    this.fail(new ConnectError('the deadline has passed', Code.DeadlineExceeded))
  }

  /** The caller's signal is aborted. */
  handleEvent(): void {
    this.fail(ConnectError.from(this.#signal?.reason, Code.Canceled))
  }
}
