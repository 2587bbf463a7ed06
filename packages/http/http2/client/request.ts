import type { HeaderList } from '../../exchange.ts'
import { Http2Stream, type StreamOwner as Http2StreamOwner } from '../core/stream.ts'
import type { StreamLink } from '../core/stream-link.ts'
import { StreamReset } from '../frames/errors.ts'
import { errorCode } from '../frames/wire.ts'
import { type ClientStream, NotSentError, type StreamOwner } from './port.ts'
import type { ResponseHead } from './response-head.ts'

const noHeaders: HeaderList = []

/** The connection of a request. */
export interface RequestSink {
  readonly link: StreamLink
  /** Reports new events for the owner. `report` is called after the current chunk. */
  reportSoon(request: ClientRequest): void
  /** Reports that the whole request was sent. */
  onRequestSent(request: ClientRequest): void
  /** Reports a cancel before the response has begun. */
  onCancel(): void
}

/** A request and its response on a stream that this client has opened. */
export class ClientRequest implements ClientStream, Http2StreamOwner {
  readonly stream: Http2Stream<ClientRequest>
  status = 0
  headers = noHeaders
  readonly #sink: RequestSink
  /** Undefined after the last event, or when the owner has cancelled. */
  #owner: StreamOwner | undefined
  #isHeadReported = false
  #hasNews = false

  constructor(sink: RequestSink, id: number, owner: StreamOwner) {
    this.#sink = sink
    this.#owner = owner
    this.stream = new Http2Stream<ClientRequest>(sink.link, id, this)
  }

  get trailers(): HeaderList {
    return this.stream.body.trailers
  }

  get isComplete(): boolean {
    return this.stream.remoteEnded
  }

  take(): Uint8Array | undefined {
    return this.stream.body.take()
  }

  write(bytes: Uint8Array): boolean {
    return this.stream.write(bytes)
  }

  drained(): Promise<void> {
    return this.stream.drained()
  }

  end(bytes?: Uint8Array): void {
    this.stream.end(bytes)
  }

  cancel(): void {
    const { stream } = this
    this.#owner = undefined
    if (!stream.gone && !stream.hasBegunResponse) this.#sink.onCancel()
    stream.reset(errorCode.cancel, 'the caller cancelled')
    stream.body.drop()
  }

  receiveContinue(): void {
    this.#owner?.onContinue?.()
  }

  receiveHead({ status, headers, contentLength }: ResponseHead): void {
    this.status = status
    this.headers = headers
    this.stream.hasBegunResponse = true
    this.stream.contentLength = contentLength
    this.onArrived()
  }

  onKept(bytes: number): void {
    this.#owner?.onKept?.(bytes)
  }

  onArrived(): void {
    if (this.#hasNews) return
    this.#hasNews = true
    this.#sink.reportSoon(this)
  }

  /** Reports all new events to the owner. */
  report(): void {
    this.#hasNews = false
    if (this.status === 0) {
      this.#failWithoutHead()
      return
    }
    if (!this.#isHeadReported) {
      this.#isHeadReported = true
      this.#owner?.onHead()
    }
    if (this.isComplete) this.#takeOwner()?.onEnd()
    else this.#owner?.onBytes()
  }

  onWanted(): void {}

  onRefused(): void {
    this.cancel()
  }

  onSent(): void {
    this.#sink.onRequestSent(this)
  }

  onFailed(cause: Error): void {
    // Events before the failure come first, above all the end of the response.
    if (this.#hasNews) this.report()
    const isRefused = cause instanceof StreamReset && cause.code === errorCode.refusedStream
    this.#takeOwner()?.onFailure(isRefused ? new NotSentError(cause.message, { cause }) : cause)
    this.stream.body.drop()
  }

  /** DATA came first (RFC 9113 §8.1). */
  #failWithoutHead(): void {
    const message = 'response without headers'
    this.stream.reset(errorCode.protocolError, message)
    // A stream that is closed already is not reset, and its owner has to know.
    this.onFailed(new StreamReset(errorCode.protocolError, message))
  }

  #takeOwner(): StreamOwner | undefined {
    const owner = this.#owner
    this.#owner = undefined
    return owner
  }
}
