/** What the port knows of a call beyond its `Request`. */
export interface Exchange {
  readonly httpVersion: '1.1' | '2'
  /** The client's IP address. */
  readonly remoteAddress: string
  /** Whether `trailers` reach the client. */
  readonly sendsTrailers: boolean
  /**
   * Left here by the handler, before it returns, and sent as they are when the body has ended: a `Response` cannot
   * carry trailers (RFC 9110 §6.5), and gRPC needs them.
   */
  trailers: Headers | undefined
  /** Keeps the call under way after its `Response` is returned, until the answered function is called. */
  hold(): () => void
  /**
   * Says that the rest of the request's body will not be read, so that the port need not take it. By HTTP/2 whatever is
   * unread when the answer is complete is refused, told or not.
   */
  refuseBody(): void
}

/** The environment of a call. An edge platform that calls `app.fetch` itself gives none. */
export interface PortBindings {
  readonly exchange?: Exchange
}

/** What is served: a Hono app, or anything of its shape. */
export interface FetchApp {
  fetch(request: Request, env: PortBindings): Response | Promise<Response>
}

/** Answers a call. Never rejects. */
export type Handle = (request: Request, exchange: Exchange) => Promise<Response>

/** The methods that clients use: those of RFC 9110 §9.3 that reach a handler, and PATCH (RFC 5789). */
export const httpMethods: ReadonlySet<string> = new Set([
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
])

/** The bounds of the port. */
export interface PortLimits {
  /** Open connections; a further one is closed at once. */
  readonly connectionsMax: number
  /** From accepting a connection to its first bytes, and for the rest of the bytes that tell its protocol. */
  readonly firstBytesTimeoutMs: number
  /** How long a connection without a call is kept. */
  readonly idleTimeoutMs: number
  /** Streams open at once on one HTTP/2 connection (RFC 9113 §5.1.2). */
  readonly concurrentStreamsMax: number
  /**
   * How many bytes of an HTTP/2 request's body are taken before the handler asks for them (RFC 9113 §6.9.2); of HTTP/1.1
   * the runtime and the sockets decide, some 4 MB.
   */
  readonly streamWindowBytes: number
  /**
   * Bytes of a request's header fields, where the runtime lets one choose: `node:http`. Of HTTP/2 it is what the client
   * is told (RFC 9113 §6.5.2); `Bun.serve` takes less, `Deno.serve` more.
   */
  readonly headerBytesMax: number
  /** From `close()` until what is still open is cut. */
  readonly drainTimeoutMs: number
}

/** The bounds unless told otherwise. */
export const portLimits: PortLimits = {
  connectionsMax: 10_000,
  firstBytesTimeoutMs: 10_000,
  idleTimeoutMs: 120_000,
  concurrentStreamsMax: 256,
  streamWindowBytes: 256 * 1024,
  headerBytesMax: 32 * 1024,
  drainTimeoutMs: 10_000,
}
