import { Code, ConnectError } from '@connectrpc/connect'
import type { Exchange, RequestBody } from '@marquee/http/exchange'
import { headerOf } from '@marquee/http/header-list'
import { type LazyBody, LazyResponse, lazyResponse } from '@marquee/http/lazy-response'
import { whenClosed } from '@marquee/http/when-closed'
import { fitStatus } from '../errors/fit-status.ts'
import type { Lifetime } from '../lifetime.ts'
import { streamBody } from '../response/stream-body.ts'

/** A request, whether it came through the port or by `app.fetch` alone. */
export interface Incoming {
  readonly method: string
  /** Path and query, or the whole URL: what has the query. */
  readonly target: string
  readonly request: Request
  readonly body: RequestBody
  /** The address of whoever has connected; empty without the port. */
  readonly remoteAddress: string
  /** How long the call waited for its start, in milliseconds. */
  readonly waitedMs: number
  /** The value of a field, by its name in lower case. */
  header(name: string): string | undefined
  /** Ends the lifetime with `CANCELED` when the client leaves before it is over. */
  endWithClient(lifetime: Lifetime): void
  /**
   * Takes trailers that are sent when the answer's last byte was taken, cut to what the client takes. Undefined where an answer has none:
   * by HTTP/1.1 and without a port.
   */
  readonly leaveTrailers: ((fields: string[]) => void) | undefined
  /** As that of an exchange. */
  readonly headerListBytesMax: number
  /** @param fields names in lower case and values; the response's from here on. */
  respond(body: LazyBody, status: number, fields: string[]): Response
}

/** Where trailers are left for the port: a `Response` cannot carry them (RFC 9110 §6.5). */
export interface TrailerSlot {
  readonly waitedMs?: number
  trailers?: (() => readonly string[]) | undefined
}

export class ExchangeIncoming implements Incoming {
  readonly #exchange: Exchange
  readonly request: Request
  readonly waitedMs: number
  readonly leaveTrailers: ((fields: string[]) => void) | undefined

  constructor(exchange: Exchange, request: Request, slot: TrailerSlot) {
    this.#exchange = exchange
    this.request = request
    this.waitedMs = slot.waitedMs ?? 0
    this.leaveTrailers =
      exchange.httpVersion === '1.1'
        ? undefined
        : (fields) => {
            slot.trailers = () => fitStatus(fields, exchange.headerListBytesMax)
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

  respond(body: LazyBody, status: number, fields: string[]): Response {
    return lazyResponse(body, status, fields)
  }

  endWithClient(lifetime: Lifetime): void {
    whenClosed(this.#exchange, (cause) => cause !== undefined && lifetime.end(clientLeft(cause)))
  }
}

export class RequestIncoming implements Incoming {
  readonly remoteAddress: string = ''
  readonly request: Request
  readonly waitedMs = 0
  readonly leaveTrailers: ((fields: string[]) => void) | undefined
  readonly headerListBytesMax = Number.POSITIVE_INFINITY
  #body: RequestBody | undefined

  constructor(request: Request) {
    this.request = request
  }

  get body(): RequestBody {
    this.#body ??= streamBody(this.request.body, () => this.refuseBody())
    return this.#body
  }

  /** Tells the port that nobody will read the rest of the body. */
  protected refuseBody(): void {}

  get method(): string {
    return this.request.method
  }

  get target(): string {
    return this.request.url
  }

  header(name: string): string | undefined {
    return this.request.headers.get(name) ?? undefined
  }

  /** A real one: whoever calls `app.fetch` may hand it to the runtime's own server. */
  respond(body: LazyBody, status: number, fields: string[]): Response {
    return new LazyResponse(body, status, fields).real
  }

  endWithClient(lifetime: Lifetime): void {
    lifetime.follow(this.request.signal)
  }
}

function clientLeft(cause: Error): ConnectError {
  return new ConnectError('the client left', Code.Canceled, undefined, undefined, cause)
}
