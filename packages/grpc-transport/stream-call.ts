import type { Message } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import type { ClientStream } from '@marquee/http/http2/client/port'
import { Call, type CallLimits, type Calls } from './call.ts'
import type { Codec } from './codec.ts'
import type { WireMessage } from './message-reader.ts'
import { appendFields, encodingOf, toHeaders } from './status.ts'

/** An answer whose head has come. */
export interface StreamAnswer {
  readonly header: Headers
  /** Filled when the messages have ended. */
  readonly trailer: Headers
  /** Whoever leaves before their end gives the call up. */
  readonly messages: AsyncIterable<Message>
}

/** Any number of messages there and back, at once. */
export class StreamCall extends Call {
  readonly answered: Promise<StreamAnswer>
  readonly #codec: Codec
  readonly #requests: AsyncIterator<object>
  readonly #resolve: (answer: StreamAnswer) => void
  readonly #reject: (error: ConnectError) => void
  #isSent = false
  #hasEnded = false
  #failure: ConnectError | undefined
  #onNews = () => {}

  constructor(calls: Calls, limits: CallLimits, codec: Codec, requests: AsyncIterable<object>) {
    super(calls, limits)
    const { promise, resolve, reject } = Promise.withResolvers<StreamAnswer>()
    this.answered = promise
    this.#codec = codec
    this.#requests = requests[Symbol.asyncIterator]()
    this.#resolve = resolve
    this.#reject = reject
  }

  protected send(stream: ClientStream): void {
    void this.#sendAll(stream).catch((error) => this.fail(error))
  }

  protected receiveHead(stream: ClientStream): void {
    if (!stream.isComplete) this.#answer(stream)
  }

  protected receive(): void {
    this.#onNews()
  }

  protected receiveEnd(stream: ClientStream): void {
    for (let bytes = stream.take(); bytes !== undefined; bytes = stream.take()) {
      this.reader.push(bytes)
    }
    this.#hasEnded = true
    this.#stopSending(stream)
    const error = this.reader.isUsed ? undefined : this.statusError(stream)
    if (error) throw error
    this.#answer(stream)
    this.#onNews()
  }

  protected failed(error: ConnectError): void {
    this.#failure = error
    // Not waited for: an iterator that waits for something would only answer after it.
    void this.#requests.throw?.(error).catch(() => {})
    void this.#requests.return?.().catch(() => {})
    this.#reject(error)
    this.#onNews()
  }

  #answer(stream: ClientStream): void {
    const trailer = new Headers()
    const messages = this.#receiveAll(stream, trailer)
    this.#resolve({ header: toHeaders(stream.fields), trailer, messages })
  }

  async *#receiveAll(stream: ClientStream, trailer: Headers): AsyncGenerator<Message> {
    const encoding = encodingOf(stream.fields)
    try {
      for (;;) {
        if (this.#failure) throw this.#failure
        const message = this.#nextMessage(stream)
        if (message) yield await this.#codec.decode(message, encoding)
        else if (this.#hasEnded) break
        else await this.#news()
      }
      const error = this.statusError(stream)
      if (error) throw error
      appendFields(trailer, stream.trailers)
      this.finish()
    } catch (error) {
      this.fail(error)
      throw this.#failure ?? error
    } finally {
      this.fail(new ConnectError('the reader of the answer left', Code.Canceled))
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

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#onNews = resolve
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

  /** The answer is complete: what was not sent until now is of no use. */
  #stopSending(stream: ClientStream): void {
    if (this.#isSent) return
    stream.cancel()
    void this.#requests.return?.().catch(() => {})
  }
}
