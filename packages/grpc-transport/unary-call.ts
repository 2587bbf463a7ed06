import type { DescMethodUnary, Message } from '@bufbuild/protobuf'
import { Code, ConnectError, type UnaryResponse } from '@connectrpc/connect'
import type { HeaderList } from '@marquee/http/exchange'
import type { ClientStream } from '@marquee/http/http2/client/port'
import { Call, type CallContext, type CallLimits } from './call.ts'
import type { Codec } from './codec.ts'
import type { WireMessage } from './message-reader.ts'
import { encodingOf, toHeaders } from './status.ts'

/** A unary call: one message in each direction. */
export class UnaryCall extends Call {
  readonly response: Promise<UnaryResponse>
  readonly #method: DescMethodUnary
  readonly #codec: Codec
  readonly #request: Uint8Array
  readonly #resolve: (response: UnaryResponse | Promise<UnaryResponse>) => void
  readonly #reject: (error: ConnectError) => void
  #message: WireMessage | undefined

  /** @param request the length-prefixed message. */
  constructor(
    context: CallContext,
    limits: CallLimits,
    method: DescMethodUnary,
    codec: Codec,
    request: Uint8Array,
  ) {
    super(context, limits)
    const { promise, resolve, reject } = Promise.withResolvers<UnaryResponse>()
    this.response = promise
    this.#method = method
    this.#codec = codec
    this.#request = request
    this.#resolve = resolve
    this.#reject = reject
  }

  protected send(stream: ClientStream): void {
    stream.end(this.#request)
  }

  protected receiveHeaders(): void {}

  protected receive(stream: ClientStream): void {
    for (let bytes = stream.take(); bytes !== undefined; bytes = stream.take()) {
      this.reader.push(bytes)
      const message = this.reader.next()
      if (message === undefined) continue
      if (this.#message || this.reader.hasPartialMessage) {
        const text = 'protocol error: the response to a unary call has more than one message'
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
      throw new ConnectError(
        'protocol error: the response to a unary call has no message',
        Code.Unimplemented,
      )
    }
    const message = this.#codec.decode(this.#message, encodingOf(stream.headers))
    this.finish()
    const respond = (decoded: Message) => new LazyUnaryResponse(this.#method, decoded, stream)
    this.#resolve(message instanceof Promise ? message.then(respond) : respond(message))
  }

  protected failed(error: ConnectError): void {
    this.#reject(error)
  }
}

/** A response that creates its `Headers` on demand. */
class LazyUnaryResponse implements UnaryResponse {
  readonly stream = false
  readonly method: DescMethodUnary
  readonly message: Message
  readonly #headers: HeaderList
  readonly #trailers: HeaderList
  #header: Headers | undefined
  #trailer: Headers | undefined

  constructor(method: DescMethodUnary, message: Message, { headers, trailers }: ClientStream) {
    this.method = method
    this.message = message
    this.#headers = headers
    this.#trailers = trailers
  }

  get service() {
    return this.method.parent
  }

  get header(): Headers {
    this.#header ??= toHeaders(this.#headers)
    return this.#header
  }

  get trailer(): Headers {
    this.#trailer ??= toHeaders(this.#trailers)
    return this.#trailer
  }
}
