import { Code, ConnectError } from '@connectrpc/connect'
import type { ClientStream, StreamOwner } from '@marquee/http/http2/client/port'
import type { Deadlines, Expiring } from './deadlines.ts'
import { MessageReader } from './message-reader.ts'
import type { ResolvedGrpcOptions, Streams } from './options.ts'
import { headersError, statusError, streamError } from './status.ts'

/** State that all calls of one transport share. */
export interface CallContext {
  readonly streams: Streams
  readonly deadlines: Deadlines
  readonly options: ResolvedGrpcOptions
}

/** Conditions under which the client ends a call early. */
export interface CallLimits {
  readonly signal: AbortSignal | undefined
  /** In milliseconds; `undefined` means no deadline. */
  readonly timeoutMs: number | undefined
}

/**
 * One gRPC call, from the first byte of its request to the last byte of its response. It ends
 * exactly once: with the status of the response, with a malformed response or a lost connection, at
 * its deadline, or when the caller aborts it.
 */
export abstract class Call implements StreamOwner, Expiring, EventListenerObject {
  readonly deadlineMs: number
  protected readonly context: CallContext
  protected readonly reader: MessageReader
  protected stream: ClientStream | undefined
  #isOver = false
  readonly #signal: AbortSignal | undefined

  constructor(context: CallContext, { signal, timeoutMs }: CallLimits) {
    this.context = context
    this.reader = new MessageReader(context.options.readMaxBytes)
    this.#signal = signal
    this.deadlineMs = timeoutMs === undefined ? Infinity : performance.now() + timeoutMs
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Sends the request, or starts to send it. */
  protected abstract send(stream: ClientStream): void
  /** Called with response headers that are valid. */
  protected abstract receiveHeaders(stream: ClientStream): void
  /** Called when the stream has bytes to take. */
  protected abstract receive(stream: ClientStream): void
  /** Called when the response has ended. The stream may still have bytes to take. */
  protected abstract receiveEnd(stream: ClientStream): void
  /** Called when the call has failed. */
  protected abstract failed(error: ConnectError): void

  start(headers: readonly string[]): void {
    if (this.#signal?.aborted) {
      this.handleEvent()
      return
    }
    this.#signal?.addEventListener('abort', this)
    if (this.deadlineMs !== Infinity) this.context.deadlines.add(this)
    this.context.streams.open(headers, this)
  }

  /** Returns the error that the end of the response reports, if any. */
  protected statusError({ headers, trailers }: ClientStream): ConnectError | undefined {
    // A response without messages and trailers has its status in the headers ("Trailers-Only").
    const isTrailersOnly = trailers.length === 0 && !this.reader.hasReceived
    const error = isTrailersOnly ? statusError(headers, []) : statusError(trailers, headers)
    if (error || !this.reader.hasPartialMessage) return error
    return new ConnectError('protocol error: the response ends within a message', Code.Internal)
  }

  /** Ends the call with an error, unless it has ended already. */
  fail(reason: unknown): void {
    if (this.#isOver) return
    this.finish()
    const { stream } = this
    if (stream) stream.cancel()
    else this.context.streams.abandon(this)
    this.failed(ConnectError.from(reason))
  }

  /** Marks the call as ended. Does not touch its stream. */
  protected finish(): void {
    this.#isOver = true
    this.#signal?.removeEventListener('abort', this)
    this.context.deadlines.delete(this)
  }

  // Events of the stream.

  onOpen(stream: ClientStream): void {
    this.stream = stream
    this.send(stream)
  }

  onHead(): void {
    const { stream } = this
    if (!stream) return
    const error = headersError(stream.status, stream.headers, this.context.options)
    if (error) this.fail(error)
    else this.receiveHeaders(stream)
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
    // The server cancels the call at its deadline too, and may do so before the timer here.
    if (performance.now() >= this.deadlineMs) this.expire()
    this.fail(streamError(this.context.streams.origin, cause))
  }

  // Reasons to end the call on this side.

  expire(): void {
    this.fail(new ConnectError('the deadline has passed', Code.DeadlineExceeded))
  }

  /** Called when the caller's signal is aborted. */
  handleEvent(): void {
    this.fail(ConnectError.from(this.#signal?.reason, Code.Canceled))
  }
}
