import { createEngine, type Engine } from '../../engine.ts'
import type { Respond } from '../../exchange.ts'
import { Http2Context, type Http2ContextOptions } from '../core/context.ts'
import { type Http2Limits, http2Limits } from '../limits.ts'
import { ServerConnection } from './connection.ts'

export interface Http2ServerOptions extends Omit<Http2ContextOptions, 'limits'> {
  /** Handles each request, after all frames of its chunk, so that a small body has arrived. */
  readonly respond: Respond
  /** Default: `http2Limits`. */
  readonly limits?: Partial<Http2Limits>
  /**
   * Returns whether a peer at this address may send any number of resets and idle frames, because
   * it does so for many users. Default: none may.
   */
  readonly trusts?: ((address: string) => boolean) | undefined
}

/**
 * Creates an HTTP/2 server (RFC 9113). A connection begins with the client's preface. Draining
 * accepts no further streams (RFC 9113 §6.8).
 */
export function createHttp2Server(options: Http2ServerOptions): Engine {
  const { respond, limits, trusts, ...contextOptions } = options
  const shared = new Http2Context({ ...contextOptions, limits: { ...http2Limits, ...limits } })
  return createEngine(
    shared.memory,
    (arrival, onClosed) => new ServerConnection({ shared, respond, trusts, onClosed }, arrival),
  )
}
