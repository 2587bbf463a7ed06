import type { Exchange, HeaderList } from '../exchange.ts'

/** The environment of a call. An edge platform that calls `app.fetch` itself gives none. */
export interface PortBindings {
  readonly exchange?: Exchange
  /** Time that the call waited for its start, in milliseconds. */
  readonly waitedMs?: number
  /**
   * Set by the handler, and called when the body has ended: a `Response` has no trailers (RFC 9110
   * §6.5), and gRPC needs them.
   */
  trailers?: (() => HeaderList) | undefined
}

/** App that is served: a Hono app, or any object of its shape. */
export interface FetchApp {
  fetch(request: Request, env: PortBindings): Response | Promise<Response>
}

/**
 * The methods that clients use: those of RFC 9110 §9.3 that reach a handler, and PATCH (RFC 5789).
 */
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
  /**
   * From accepting a connection to the bytes that tell its protocol, and as long again for a TLS
   * handshake.
   */
  readonly firstBytesTimeoutMs: number
  /** From `close()` until what is still open is cut. */
  readonly drainTimeoutMs: number
}

/** Default limits. */
export const portLimits: PortLimits = {
  connectionsMax: 20_000,
  firstBytesTimeoutMs: 10_000,
  drainTimeoutMs: 10_000,
}
