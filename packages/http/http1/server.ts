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
  /** Default: the time of the runtime. */
  readonly clock?: Clock
  /** Returns a number from 0 up to 1. Default: `Math.random`. */
  readonly random?: () => number
}

/** Speaks HTTP/1.1 (RFC 9112) on the connections that it is given. */
export interface Http1Server {
  /**
   * Takes a connection whose next bytes, which may have been put back, are those of a request. It has to be one that stays
   * open when the client ends its side (`allowHalfOpen` of its server), or such a client gets no answer.
   * @param scheme 'https' behind TLS.
   * @param remoteAddress the client's IP address.
   * @param account of what its client makes the process hold, closed by the caller. Default: one of its own, without a bound.
   */
  accept(
    socket: Socket,
    scheme: 'http' | 'https',
    remoteAddress: string,
    account?: MemoryAccount,
  ): void
  readonly connectionCount: number
  /** Closes each connection behind the answer at hand, and resolves when all have gone. */
  drain(): Promise<void>
  /** Cuts what is still open. */
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
