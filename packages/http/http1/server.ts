import type { Socket } from 'node:net'
import { type Clock, systemClock } from '../clock.ts'
import type { Respond } from '../exchange.ts'
import type { MemoryAccount } from '../memory/account.ts'
import { MemoryBudget } from '../memory/budget.ts'
import { Http1Connection } from './connection.ts'
import { Http1Context } from './context.ts'
import { type Http1Limits, http1Limits } from './limits.ts'

export interface Http1ServerOptions {
  readonly respond: Respond
  readonly limits?: Partial<Http1Limits>
  /** Default: the clock of the runtime. */
  readonly clock?: Clock
  /** Returns a number from 0 up to 1. Default: `Math.random`. */
  readonly random?: () => number
}

/** An HTTP/1.1 server (RFC 9112) for connections that others have accepted. */
export interface Http1Server {
  /**
   * Takes a connection that begins with a request. Bytes read from the socket before must have been
   * put back. Its listener needs `allowHalfOpen`: without it, a client that ends its side gets no
   * response.
   * @param scheme `https` behind TLS.
   * @param remoteAddress IP address of the client.
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
   * Closes each connection after its current response. Resolves when all connections are closed.
   */
  drain(): Promise<void>
  /** Destroys all open connections. */
  destroy(): void
}

export function createHttp1Server(options: Http1ServerOptions): Http1Server {
  const { respond, clock = systemClock, random = Math.random } = options
  const context = new Http1Context({
    respond,
    limits: { ...http1Limits, ...options.limits },
    clock,
    random,
  })
  const unbounded = new MemoryBudget()
  const connections = new Set<Http1Connection>()
  const { promise: drained, resolve } = Promise.withResolvers<void>()
  const resolveWhenDrained = () => {
    if (context.isDraining && connections.size === 0) resolve()
  }
  const onGone = (connection: Http1Connection) => {
    connections.delete(connection)
    resolveWhenDrained()
  }
  return {
    accept(socket, scheme, remoteAddress, account = unbounded.open(remoteAddress)) {
      if (socket.destroyed) return
      connections.add(
        new Http1Connection(context, { socket, scheme, remoteAddress, account }, onGone),
      )
    },
    get connectionCount() {
      return connections.size
    },
    drain() {
      context.isDraining = true
      for (const connection of connections) connection.drain()
      resolveWhenDrained()
      return drained
    },
    destroy() {
      for (const connection of connections) connection.destroy(new Error('the server is closed'))
    },
  }
}
