import type { Message } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import type { ClientStream } from '@marquee/http/http2/client/port'
import { Call, type CallContext, type CallLimits } from './call.ts'
import type { Codec } from './codec.ts'
import type { WireMessage } from './message-reader.ts'
import { appendHeaders, encodingOf, toHeaders } from './status.ts'

/** A response whose headers have arrived. */
export interface StreamedResponse {
  readonly header: Headers
  /** Trailers; empty until the messages have ended. */
  readonly trailer: Headers
  /** Messages of the response. Returning before their end cancels the call. */
  readonly messages: AsyncIterable<Message>
}

/** A streaming call: any number of messages in both directions at once. */
export class StreamCall extends Call {
  readonly response: Promise<StreamedResponse>
  readonly #codec: Codec
  readonly #requests: AsyncIterator<object>
  readonly #resolve: (response: StreamedResponse) => void
  readonly #reject: (error: ConnectError) => void
  #isSent = false
  #hasEnded = false
  #failure: ConnectError | undefined
  #wakeUp = () => {}

  constructor(
    context: CallContext,
    limits: CallLimits,
    codec: Codec,
    requests: AsyncIterable<object>,
  ) {
    super(context, limits)
    const { promise, resolve, reject } = Promise.withResolvers<StreamedResponse>()
    this.response = promise
    this.#codec = codec
    this.#requests = requests[Symbol.asyncIterator]()
    this.#resolve = resolve
    this.#reject = reject
  }

  protected send(stream: ClientStream): void {
    void this.#sendAll(stream).catch((error) => this.fail(error))
  }

  protected receiveHeaders(stream: ClientStream): void {
    if (!stream.isComplete) this.#resolveResponse(stream)
  }

  protected receive(): void {
    this.#wakeUp()
  }

  protected receiveEnd(stream: ClientStream): void {
    for (let bytes = stream.take(); bytes !== undefined; bytes = stream.take()) {
      this.reader.push(bytes)
    }
    this.#hasEnded = true
    this.#stopSending(stream)
    const error = this.reader.hasReceived ? undefined : this.statusError(stream)
    if (error) throw error
    this.#resolveResponse(stream)
    this.#wakeUp()
  }

  protected failed(error: ConnectError): void {
    this.#failure = error
    // Not awaited: an iterator that waits for something settles only after it.
    void this.#requests.throw?.(error).catch(() => {})
    void this.#requests.return?.().catch(() => {})
    this.#reject(error)
    this.#wakeUp()
  }

  #resolveResponse(stream: ClientStream): void {
    const trailer = new Headers()
    const messages = this.#receiveAll(stream, trailer)
    this.#resolve({ header: toHeaders(stream.headers), trailer, messages })
  }

  async *#receiveAll(stream: ClientStream, trailer: Headers): AsyncGenerator<Message> {
    const encoding = encodingOf(stream.headers)
    try {
      for (;;) {
        if (this.#failure) throw this.#failure
        const message = this.#nextMessage(stream)
        if (message) yield await this.#codec.decode(message, encoding)
        else if (this.#hasEnded) break
        else await this.#nextEvent()
      }
      const error = this.statusError(stream)
      if (error) throw error
      appendHeaders(trailer, stream.trailers)
      this.finish()
    } catch (error) {
      this.fail(error)
      throw this.#failure ?? error
    } finally {
      this.fail(new ConnectError('the reader of the response left', Code.Canceled))
    }
  }

  #nextMessage(stream: ClientStream): WireMessage | undefined {
    for (;;) {
      const message = this.reader.next()
      if (message) return message
      const bytes = this.#hasEnded ? undefined : stream.take()
      if (bytes === undefined) return undefined
      this.reader.push(bytes)
    }
  }

  #nextEvent(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeUp = resolve
    })
  }

  async #sendAll(stream: ClientStream): Promise<void> {
    for (;;) {
      const { done, value } = await this.#requests.next()
      if (this.#hasEnded || this.isOver) return
      if (done) break
      if (!stream.write(await this.#codec.encode(value))) await stream.drained()
    }
    this.#isSent = true
    stream.end()
  }

  /** Stops sending: the response is complete, so the server ignores the rest of the request. */
  #stopSending(stream: ClientStream): void {
    if (this.#isSent) return
    stream.cancel()
    void this.#requests.return?.().catch(() => {})
  }
}
