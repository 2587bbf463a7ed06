import { Code, ConnectError } from '@connectrpc/connect'
import type { Exchange, RequestBody } from '@marquee/http/exchange'
import { headerOf } from '@marquee/http/header-list'
import { type LazyBody, LazyResponse, lazyResponse } from '@marquee/http/lazy-response'
import type { PortBindings } from '@marquee/http/server/port'
import { whenClosed } from '@marquee/http/when-closed'
import { fitStatus } from '../errors/fit-status.ts'
import type { Lifetime } from '../lifetime.ts'
import { streamBody } from '../response/stream-body.ts'

/** A request, from `@marquee/http` or from `app.fetch` alone. */
export interface Incoming {
  readonly method: string
  /** Request target: path and query, or the whole URL. */
  readonly target: string
  readonly request: Request
  readonly body: RequestBody
  /** Address of the peer; empty under `app.fetch` alone. */
  readonly remoteAddress: string
  /** Time that the call waited to start, in milliseconds. */
  readonly waitedMs: number
  /** Returns the value of a header. @param name in lower case. */
  header(name: string): string | undefined
  /** Ends the lifetime with `CANCELED` when the client leaves before it is over. */
  abortWithClient(lifetime: Lifetime): void
  /**
   * Sets the trailers to send after the response body, shortened to the size that the client
   * accepts. `undefined` where a response has no trailers: by HTTP/1.1 and under `app.fetch` alone.
   */
  readonly setTrailers: ((headers: string[]) => void) | undefined
  /** Maximum size of the headers and trailers that the client accepts, in bytes. */
  readonly headerListBytesMax: number
  /** @param headers Names in lower case, each followed by its value. The response owns them. */
  respond(body: LazyBody, status: number, headers: string[]): Response
}

export class ExchangeIncoming implements Incoming {
  readonly #exchange: Exchange
  readonly request: Request
  readonly waitedMs: number
  readonly setTrailers: ((headers: string[]) => void) | undefined

  constructor(exchange: Exchange, request: Request, bindings: PortBindings) {
    this.#exchange = exchange
    this.request = request
    this.waitedMs = bindings.waitedMs ?? 0
    this.setTrailers =
      exchange.httpVersion === '1.1'
        ? undefined
        : (headers) => {
            bindings.trailers = () => fitStatus(headers, exchange.headerListBytesMax)
          }
  }

  get headerListBytesMax(): number {
    return this.#exchange.headerListBytesMax
  }

  get method(): string {
    return this.#exchange.method
  }

  get target(): string {
    return this.#exchange.target
  }

  get body(): RequestBody {
    return this.#exchange.body
  }

  get remoteAddress(): string {
    return this.#exchange.remoteAddress
  }

  header(name: string): string | undefined {
    return headerOf(this.#exchange.headers, name)
  }

  respond(body: LazyBody, status: number, headers: string[]): Response {
    return lazyResponse(body, status, headers)
  }

  abortWithClient(lifetime: Lifetime): void {
    whenClosed(this.#exchange, (cause) => cause !== undefined && lifetime.end(clientLeft(cause)))
  }
}

export class RequestIncoming implements Incoming {
  readonly remoteAddress: string = ''
  readonly request: Request
  readonly waitedMs = 0
  readonly setTrailers: ((headers: string[]) => void) | undefined
  readonly headerListBytesMax = Number.POSITIVE_INFINITY
  #body: RequestBody | undefined

  constructor(request: Request) {
    this.request = request
  }

  get body(): RequestBody {
    this.#body ??= streamBody(this.request.body)
    return this.#body
  }

  get method(): string {
    return this.request.method
  }

  get target(): string {
    return this.request.url
  }

  header(name: string): string | undefined {
    return this.request.headers.get(name) ?? undefined
  }

  /** Returns a real `Response`, because the server of the runtime may get it. */
  respond(body: LazyBody, status: number, headers: string[]): Response {
    return new LazyResponse(body, status, headers).real
  }

  abortWithClient(lifetime: Lifetime): void {
    lifetime.follow(this.request.signal)
  }
}

function clientLeft(cause: Error): ConnectError {
  return new ConnectError('the client left', Code.Canceled, undefined, undefined, cause)
}
