import { delegate } from './delegate.ts'
import type { Exchange } from './exchange.ts'
import { LazyHeaders } from './lazy-headers.ts'
import { bodyStream } from './streams.ts'
import { whenClosed } from './when-closed.ts'

/** Members that need a real `Request`. */
const madeReal = [
  'arrayBuffer',
  'blob',
  'body',
  'bodyUsed',
  'bytes',
  'cache',
  'clone',
  'credentials',
  'destination',
  'formData',
  'integrity',
  'json',
  'keepalive',
  'mode',
  'redirect',
  'referrer',
  'referrerPolicy',
  'text',
]

/**
 * The interface of `Request` over an exchange. URL, headers and signal are created on first use. A
 * caller that reads the body through the request must not take it from the exchange as well.
 */
export class LazyRequest {
  readonly exchange: Exchange
  readonly method: string
  #url: string | undefined
  #headers: LazyHeaders | undefined
  #signal: AbortSignal | undefined
  #real: Request | undefined

  constructor(exchange: Exchange) {
    this.exchange = exchange
    this.method = exchange.method
  }

  get url(): string {
    const { scheme, authority, target } = this.exchange
    this.#url ??= `${scheme}://${authority || 'localhost'}${target}`
    return this.#url
  }

  get headers(): Headers {
    this.#headers ??= new LazyHeaders([...this.exchange.headers])
    return this.#headers as unknown as Headers
  }

  /** Aborted when the exchange ends before the whole response was sent. */
  get signal(): AbortSignal {
    this.#signal ??= signalOf(this.exchange)
    return this.#signal
  }

  /**
   * A real `Request` with the same content. Throws a `TypeError` when the host does not form a
   * valid URL.
   */
  get real(): Request {
    this.#real ??= this.#toReal()
    return this.#real
  }

  #toReal(): Request {
    const { method, exchange } = this
    const init: RequestInit & { duplex: 'half' } = {
      method,
      headers: new Headers([...this.headers]),
      signal: this.signal,
      duplex: 'half',
    }
    const hasBody = method !== 'GET' && method !== 'HEAD' && !exchange.body.ended
    if (hasBody) init.body = bodyStream(exchange.body)
    return new Request(this.url, init)
  }
}

Object.setPrototypeOf(LazyRequest.prototype, Request.prototype)
delegate(LazyRequest.prototype, Request.prototype, madeReal)

/** Creates a `LazyRequest`, typed as a `Request`. */
export function lazyRequest(exchange: Exchange): Request {
  return new LazyRequest(exchange) as unknown as Request
}

function signalOf(exchange: Exchange): AbortSignal {
  const controller = new AbortController()
  whenClosed(exchange, (cause) => {
    if (cause !== undefined) controller.abort(new DOMException('the client left', 'AbortError'))
  })
  return controller.signal
}
