import type { MemoryAccount } from './memory/account.ts'

/**
 * Headers or trailers (RFC 9110 §5, §6.5): each name is followed by its value, in the order on the
 * wire. Names are in lower case. Pseudo-headers are left out.
 */
export type HeaderList = readonly string[]

/**
 * The body of a request, taken by one reader as fast as it wants: what is not taken holds the
 * client back.
 */
export interface RequestBody {
  /** Whether all of it has come and was taken. */
  readonly ended: boolean
  /** Trailers of the request. Empty until the body has ended. */
  readonly trailers: HeaderList
  /**
   * The bytes that are here, or undefined when there are none at present or never will be. They are
   * the taker's.
   */
  take(): Uint8Array | undefined
  /**
   * Resolves when `take` has something or the body has ended. Rejects when the rest will not come,
   * because the client broke off or the exchange is closed. One waits at a time.
   */
  ready(): Promise<void>
  /**
   * Says that nobody will take the rest. The client is told to stop in the way of its protocol,
   * after the answer: by RST_STREAM with NO_ERROR (RFC 9113 §8.1), or by the end of the connection
   * (RFC 9112 §9.6). The same happens to what is still unread when the answer has been sent.
   */
  refuse(): void
}

/** A request and its response, as either version of HTTP carries them (RFC 9110 §3). */
export interface Exchange {
  readonly httpVersion: '1.1' | '2'
  readonly method: string
  readonly scheme: 'http' | 'https'
  /** `:authority` or `Host`; empty when the client sent none. */
  readonly authority: string
  /** The request target: path and query, `/a?b=c`. */
  readonly target: string
  readonly headers: HeaderList
  /** The client's IP address. */
  readonly remoteAddress: string
  /** The same object for all exchanges of one connection, to tell connections apart. */
  readonly connection: object
  /** Charged with what is held for the client beside what waits in `body` and behind `write`. */
  readonly account: MemoryAccount
  readonly body: RequestBody
  /**
   * The size of the longest headers or trailers that the client takes, as `headerListBytes` counts
   * it. A response with longer ones is broken off. Infinite where the client sets no limit, and by
   * HTTP/1.1.
   */
  readonly headerListBytesMax: number
  /**
   * Whether nothing can be sent any more: the answer is complete, the client left, or the
   * connection was lost.
   */
  readonly closed: boolean
  /**
   * Called once, when the exchange is over: without a cause when the answer was sent whole. Set by
   * the one who answers; when the exchange is over already, it is not called.
   */
  onClose: ((cause: Error | undefined) => void) | undefined
  /**
   * Begins the response: status 200 to 599. Called once, before `write` and `end`; by HTTP/1.1
   * without `content-length` the body is chunked.
   */
  respond(status: number, headers: HeaderList): void
  /**
   * Sends bytes of the response, which the caller does not change afterwards. False when enough is
   * queued, and the caller should wait for `drained`. When the exchange is closed it does nothing.
   */
  write(bytes: Uint8Array): boolean
  /** Resolves when there is room again, or the exchange is closed. */
  drained(): Promise<void>
  /** Ends the response, with its last bytes and its trailers. */
  end(bytes?: Uint8Array, trailers?: HeaderList): void
  /**
   * Aborts the response so that the client sees that it is incomplete: by RST_STREAM with
   * INTERNAL_ERROR, or by closing.
   */
  abort(): void
}

/** Responds to an exchange. Does not throw. */
export type Respond = (exchange: Exchange) => void
