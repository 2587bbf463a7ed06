import type { Exchange, HeaderList } from '../exchange.ts'

/** The environment of a call. An edge platform that calls `app.fetch` itself gives none. */
export interface PortBindings {
  readonly exchange?: Exchange
  /** How long the call waited for its start, in milliseconds. */
  readonly waitedMs?: number
  /**
   * Left here by the handler, and asked for when the body has ended: a `Response` cannot carry trailers (RFC 9110
   * §6.5), and gRPC needs them.
   */
  trailers?: (() => HeaderList) | undefined
}

/** What is served: a Hono app, or anything of its shape. */
export interface FetchApp {
  fetch(request: Request, env: PortBindings): Response | Promise<Response>
}

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

/** The bounds of the port; those of a connection are with each version of HTTP. */
export interface PortLimits {
  /** Open connections; a further one is closed at once. */
  readonly connectionsMax: number
  /** From accepting a connection to the bytes that tell its protocol, and as long again for a TLS handshake. */
  readonly firstBytesTimeoutMs: number
  /** From `close()` until what is still open is cut. */
  readonly drainTimeoutMs: number
}

/** The bounds unless told otherwise. */
export const portLimits: PortLimits = {
  connectionsMax: 20_000,
  firstBytesTimeoutMs: 10_000,
  drainTimeoutMs: 10_000,
}
