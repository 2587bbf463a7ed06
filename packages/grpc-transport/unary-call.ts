import type { DescMethodUnary, Message } from '@bufbuild/protobuf'
import { Code, ConnectError, type UnaryResponse } from '@connectrpc/connect'
import type { Fields } from '@marquee/http/exchange'
import type { ClientStream } from '@marquee/http/http2/client/port'
import { Call, type CallLimits, type Calls } from './call.ts'
import type { Codec } from './codec.ts'
import type { WireMessage } from './message-reader.ts'
import { encodingOf, toHeaders } from './status.ts'

/** One message there and one back. */
export class UnaryCall extends Call {
  readonly answered: Promise<UnaryResponse>
  readonly #method: DescMethodUnary
  readonly #codec: Codec
  readonly #request: Uint8Array
  readonly #resolve: (answer: UnaryResponse | Promise<UnaryResponse>) => void
  readonly #reject: (error: ConnectError) => void
  #message: WireMessage | undefined

  /** @param request the message with its prefix. */
  constructor(
    calls: Calls,
    limits: CallLimits,
    method: DescMethodUnary,
    codec: Codec,
    request: Uint8Array,
  ) {
    super(calls, limits)
    const { promise, resolve, reject } = Promise.withResolvers<UnaryResponse>()
    this.answered = promise
    this.#method = method
    this.#codec = codec
    this.#request = request
    this.#resolve = resolve
    this.#reject = reject
  }

  protected send(stream: ClientStream): void {
    stream.end(this.#request)
  }

  protected receiveHead(): void {}

  protected receive(stream: ClientStream): void {
    for (let bytes = stream.take(); bytes !== undefined; bytes = stream.take()) {
      this.reader.push(bytes)
      const message = this.reader.next()
      if (message === undefined) continue
      if (this.#message || this.reader.hasRest) {
        const text = 'protocol error: more than one message answers a unary call'
        throw new ConnectError(text, Code.Unimplemented)
      }
      this.#message = message
    }
  }

  protected receiveEnd(stream: ClientStream): void {
    this.receive(stream)
    const error = this.statusError(stream)
    if (error) throw error
    if (!this.#message) {
      throw new ConnectError('protocol error: no message answers a unary call', Code.Unimplemented)
    }
    const message = this.#codec.decode(this.#message, encodingOf(stream.fields))
    this.finish()
    const answer = (whole: Message) => new UnaryAnswer(this.#method, whole, stream)
    this.#resolve(message instanceof Promise ? message.then(answer) : answer(message))
  }

  protected failed(error: ConnectError): void {
    this.#reject(error)
  }
}

/** Makes `Headers` for those who ask. */
class UnaryAnswer implements UnaryResponse {
  readonly stream = false
  readonly method: DescMethodUnary
  readonly message: Message
  readonly #head: Fields
  readonly #trailers: Fields
  #header: Headers | undefined
  #trailer: Headers | undefined

  constructor(method: DescMethodUnary, message: Message, { fields, trailers }: ClientStream) {
    this.method = method
    this.message = message
    this.#head = fields
    this.#trailers = trailers
  }

  get service() {
    return this.method.parent
  }

  get header(): Headers {
    this.#header ??= toHeaders(this.#head)
    return this.#header
  }

  get trailer(): Headers {
    this.#trailer ??= toHeaders(this.#trailers)
    return this.#trailer
  }
}
