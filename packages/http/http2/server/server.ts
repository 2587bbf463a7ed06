import type { Socket } from 'node:net'
import type { Respond } from '../../exchange.ts'
import type { MemoryAccount } from '../../memory/account.ts'
import { Http2Context, type Http2ContextOptions } from '../core/context.ts'
import { type Http2Limits, http2Limits } from '../limits.ts'
import { ServerConnection } from './connection.ts'

export interface Http2ServerOptions extends Omit<Http2ContextOptions, 'limits'> {
  /**
   * Handles each request. Called after all frames of its chunk, so that a small body has arrived.
   */
  readonly respond: Respond
  /** Default: `http2Limits`. */
  readonly limits?: Partial<Http2Limits>
  /**
   * Returns whether a peer at this address may send any number of resets and idle frames, because
   * it does so for many users. Default: none may.
   */
  readonly trusts?: ((address: string) => boolean) | undefined
}

/** An HTTP/2 server (RFC 9113) for connections that others have accepted. */
export interface Http2Server {
  /**
   * Takes a connection that begins with the client's preface. Bytes read from the socket before
   * must have been put back.
   * @param scheme `https` behind TLS.
   * @param account Memory account of the client. The caller closes it. Default: one without a
   *   limit.
   */
  accept(
    socket: Socket,
    scheme: 'http' | 'https',
    remoteAddress: string,
    account?: MemoryAccount,
  ): void
  readonly connectionCount: number
  /**
   * Accepts no further streams. Resolves when the open ones have ended and all connections are
   * closed (RFC 9113 §6.8).
   */
  drain(): Promise<void>
  /** Destroys all open connections. */
  destroy(): void
}

export function createHttp2Server(options: Http2ServerOptions): Http2Server {
  const { respond, limits, trusts, ...contextOptions } = options
  const shared = new Http2Context({ ...contextOptions, limits: { ...http2Limits, ...limits } })
  const connections = new Set<ServerConnection>()
  let drained: PromiseWithResolvers<void> | undefined
  const context = {
    shared,
    respond,
    trusts,
    onClosed(connection: ServerConnection) {
      connections.delete(connection)
      if (connections.size === 0) drained?.resolve()
    },
  }
  return {
    accept(socket, scheme, remoteAddress, account = shared.memory.open(remoteAddress)) {
      // A socket that is lost already would never report it.
      if (socket.destroyed) return
      const connection = new ServerConnection(context, { socket, scheme, remoteAddress, account })
      connections.add(connection)
      if (drained !== undefined) connection.drain()
    },
    get connectionCount() {
      return connections.size
    },
    async drain() {
      drained ??= Promise.withResolvers<void>()
      for (const connection of connections) connection.drain()
      if (connections.size > 0) await drained.promise
    },
    destroy() {
      const cause = new Error('the server is closed')
      for (const connection of connections) connection.destroy(cause)
    },
  }
}
