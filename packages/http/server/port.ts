import type { Exchange, HeaderList } from '../exchange.ts'

/** Environment of a call. All of it is absent when an edge platform calls `app.fetch` itself. */
export interface PortBindings {
  readonly exchange?: Exchange
  /** Time that the call waited for its start, in milliseconds. */
  readonly waitedMs?: number
  /**
   * Set by the handler. Called when the body has ended. A `Response` has no trailers (RFC 9110
   * §6.5), and gRPC needs them.
   */
  trailers?: (() => HeaderList) | undefined
}

/** App that is served: a Hono app, or any object of its shape. */
export interface FetchApp {
  fetch(request: Request, env: PortBindings): Response | Promise<Response>
}

/**
 * Methods that reach a handler: those of RFC 9110 §9.3, without CONNECT and TRACE, and PATCH (RFC
 * 5789).
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

/** Limits of the server. Each version of HTTP has limits of its own for a connection. */
export interface PortLimits {
  /** Maximum number of open connections. Further ones are closed at once. Default: 20,000. */
  readonly connectionsMax: number
  /**
   * Maximum time from accepting a connection to the bytes that identify its protocol, in
   * milliseconds. A TLS handshake may take as long again. Default: 10,000.
   */
  readonly firstBytesTimeoutMs: number
  /**
   * Maximum time from `close()` until open connections are destroyed, in milliseconds. Default:
   * 10,000.
   */
  readonly drainTimeoutMs: number
}

/** Default limits. */
export const portLimits: PortLimits = {
  connectionsMax: 20_000,
  firstBytesTimeoutMs: 10_000,
  drainTimeoutMs: 10_000,
}
