import type { Fields } from '../../exchange.ts'
import { Http2Stream } from '../core/stream.ts'
import { StreamReset } from '../frames/errors.ts'
import { errorCode } from '../frames/wire.ts'
import type { ClientConnection } from './connection.ts'
import { type ClientStream, NotSentError, type StreamOwner } from './port.ts'
import type { AnswerHead } from './response-head.ts'

const noFields: Fields = []

/** A stream that this client has opened. */
export class ClientRequest extends Http2Stream implements ClientStream {
  status = 0
  fields = noFields
  readonly #client: ClientConnection
  /** Undefined when it was told the last, or does not want to hear more. */
  #owner: StreamOwner | undefined
  #isHeadTold = false
  #hasNews = false

  constructor(client: ClientConnection, id: number, owner: StreamOwner) {
    super(client, id)
    this.#client = client
    this.#owner = owner
  }

  get trailers(): Fields {
    return this.body.trailers
  }

  get hasBegunAnswer(): boolean {
    return this.status > 0
  }

  get isComplete(): boolean {
    return this.remoteEnded
  }

  /** Sends the head of the request. False when the peer does not take one so long; then nothing was sent. */
  start(head: Fields): boolean {
    this.lastFrameAt = this.connection.transmitter.writer.headers(this.id, head, false)
    return this.lastFrameAt >= 0
  }

  take(): Uint8Array | undefined {
    return this.body.take()
  }

  cancel(): void {
    this.#owner = undefined
    if (!this.gone && !this.hasBegunAnswer) this.#client.noteCancel()
    this.#client.streams.reset(this, errorCode.cancel, 'given up')
    this.body.drop()
  }

  receiveContinue(): void {
    this.#owner?.onContinue?.()
  }

  receiveHead({ status, fields, contentLength }: AnswerHead): void {
    this.status = status
    this.fields = fields
    this.contentLength = contentLength
    this.onArrived()
  }

  override onKept(bytes: number): void {
    super.onKept(bytes)
    this.#owner?.onKept?.(bytes)
  }

  onArrived(): void {
    if (this.#hasNews) return
    this.#hasNews = true
    this.#client.tellSoon(this)
  }

  /** Tells the owner what is new; all that came together at once. */
  tell(): void {
    this.#hasNews = false
    if (this.status === 0) {
      this.#failWithoutHead()
      return
    }
    if (!this.#isHeadTold) {
      this.#isHeadTold = true
      this.#owner?.onHead()
    }
    if (this.remoteEnded) this.#takeOwner()?.onEnd()
    else this.#owner?.onBytes()
  }

  onWanted(): void {}

  onRefused(): void {
    this.cancel()
  }

  protected onSent(): void {
    if (this.remoteEnded) this.#client.streams.remove(this)
  }

  protected onFailed(cause: Error): void {
    // What came before it counts, above all the end of the answer.
    if (this.#hasNews) this.tell()
    const isRefused = cause instanceof StreamReset && cause.code === errorCode.refusedStream
    this.#takeOwner()?.onFailure(isRefused ? new NotSentError(cause.message, { cause }) : cause)
    this.body.drop()
  }

  /** DATA came first (RFC 9113 §8.1). */
  #failWithoutHead(): void {
    const message = 'an answer without a head'
    this.#client.streams.reset(this, errorCode.protocolError, message)
    // Unless it was open, it is over and was told nothing yet.
    this.onFailed(new StreamReset(errorCode.protocolError, message))
  }

  #takeOwner(): StreamOwner | undefined {
    const owner = this.#owner
    this.#owner = undefined
    return owner
  }
}
