import type { Socket } from 'node:net'
import type { Respond } from '../../exchange.ts'
import type { MemoryAccount } from '../../memory/account.ts'
import { Http2Context, type Http2ContextOptions } from '../core/context.ts'
import { type Http2Limits, http2Limits } from '../limits.ts'
import { ServerConnection } from './connection.ts'

export interface Http2ServerOptions extends Omit<Http2ContextOptions, 'limits'> {
  /** Handles each request, called after all frames of its chunk, so that a small body is here. */
  readonly respond: Respond
  /** Default: `http2Limits`. */
  readonly limits?: Partial<Http2Limits>
  /**
   * Whether a peer at this address may send as many resets and idle frames as it likes, because it does so for many users.
   * Default: none.
   */
  readonly trusts?: ((address: string) => boolean) | undefined
}

/** Speaks HTTP/2 (RFC 9113) on connections that others have accepted. */
export interface Http2Server {
  /**
   * Takes a connection whose next bytes, readable on the socket, are the client's preface.
   * @param scheme `https` behind TLS.
   * @param account of what its client makes the process hold, closed by the caller. Default: one of its own, without a bound.
   */
  accept(
    socket: Socket,
    scheme: 'http' | 'https',
    remoteAddress: string,
    account?: MemoryAccount,
  ): void
  readonly connectionCount: number
  /** Takes no further streams, and resolves when those at hand have ended and all connections are gone (RFC 9113 §6.8). */
  drain(): Promise<void>
  /** Cuts what is still open. */
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
