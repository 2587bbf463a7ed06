import type { MemoryAccount } from './memory/account.ts'

/**
 * Headers or trailers (RFC 9110 §5, §6.5): each name is followed by its value, in the order on the
 * wire. Names are in lower case. Pseudo-headers are left out.
 */
export type HeaderList = readonly string[]

/**
 * Body of a request. One reader takes it at its own pace. Bytes that are not taken hold the client
 * back.
 */
export interface RequestBody {
  /** True when the whole body has arrived and was taken. */
  readonly ended: boolean
  /** Trailers of the request. Empty until the body has ended. */
  readonly trailers: HeaderList
  /**
   * Returns the bytes that have arrived, or `undefined` when there are none now or will be none.
   * The caller owns them.
   */
  take(): Uint8Array | undefined
  /**
   * Resolves when `take` has bytes or the body has ended. Rejects when the rest will not arrive,
   * because the client aborted the request or the exchange is closed. One caller waits at a time.
   */
  ready(): Promise<void>
  /**
   * Declares that the rest of the body is not needed. After the response the client is asked to
   * stop: by RST_STREAM with NO_ERROR (RFC 9113 §8.1), or by closing the connection (RFC 9112
   * §9.6). The same happens to bytes that are unread when the response has been sent.
   */
  refuse(): void
}

/** A request and its response, the same for HTTP/1.1 and HTTP/2 (RFC 9110 §3). */
export interface Exchange {
  readonly httpVersion: '1.1' | '2'
  readonly method: string
  readonly scheme: 'http' | 'https'
  /** `:authority` or `Host`. Empty when the client sent none. */
  readonly authority: string
  /** Request target: path and query, `/a?b=c`. */
  readonly target: string
  readonly headers: HeaderList
  /** IP address of the client. */
  readonly remoteAddress: string
  /** Identity of the connection: the same object for all of its exchanges. */
  readonly connection: object
  /**
   * Account of the client. Charge it with everything held for the client, other than unread bytes
   * of `body` and unsent bytes of `write`.
   */
  readonly account: MemoryAccount
  readonly body: RequestBody
  /**
   * Maximum size of the headers, and of the trailers, that the client accepts, as `headerListBytes`
   * counts it. A response that exceeds it is aborted. `Infinity` when the client sets no limit, and
   * with HTTP/1.1.
   */
  readonly headerListBytesMax: number
  /**
   * True when nothing can be sent any more: the response is complete, the client left, or the
   * connection was lost.
   */
  readonly closed: boolean
  /**
   * Called once, when the exchange is over. `cause` is undefined when the whole response was sent.
   * The handler sets it. It is not called when the exchange is over already.
   */
  onClose: ((cause: Error | undefined) => void) | undefined
  /**
   * Begins the response with a status of 200 to 599. Called once, before `write` and `end`. With
   * HTTP/1.1, a body without `content-length` is chunked.
   */
  respond(status: number, headers: HeaderList): void
  /**
   * Sends bytes of the response. The caller must not change them afterwards. Returns `false` when
   * the queue is full; the caller should then wait for `drained`. Does nothing when the exchange is
   * closed.
   */
  write(bytes: Uint8Array): boolean
  /** Resolves when the queue has room again, or the exchange is closed. */
  drained(): Promise<void>
  /** Ends the response, with its last bytes and its trailers. */
  end(bytes?: Uint8Array, trailers?: HeaderList): void
  /**
   * Aborts the response, so that the client sees that it is incomplete: by RST_STREAM with
   * INTERNAL_ERROR, or by closing the connection.
   */
  abort(): void
}

/** Responds to an exchange. Does not throw. */
export type Respond = (exchange: Exchange) => void
