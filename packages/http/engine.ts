import type { Socket } from 'node:net'
import type { Arrival } from './arrival.ts'
import type { MemoryAccount } from './memory/account.ts'
import type { MemoryBudget } from './memory/budget.ts'

/** A server of one version of HTTP, for connections that others have accepted. */
export interface Engine {
  /**
   * Takes a connection. Bytes read from the socket before must have been put back. Its listener
   * needs `allowHalfOpen`: without it, a client that ends its side gets no response.
   * @param scheme `https` behind TLS.
   * @param remoteAddress IP address of the client.
   * @param account Memory account of the client. The caller closes it. Default: one of the budget
   *   of the engine.
   */
  accept(
    socket: Socket,
    scheme: 'http' | 'https',
    remoteAddress: string,
    account?: MemoryAccount,
  ): void
  readonly connectionCount: number
  /**
   * Accepts no further requests. Resolves when those in flight have their responses, and all
   * connections are closed.
   */
  drain(): Promise<void>
  /** Destroys all open connections. */
  destroy(): void
}

interface EngineConnection {
  drain(): void
  destroy(cause: Error): void
}

/**
 * Creates an engine.
 * @param memory Budget of connections that are accepted without an account.
 * @param open Creates a connection, which calls `onClosed` once.
 * @param onDrain Called before the connections are drained.
 */
export function createEngine(
  memory: MemoryBudget,
  open: (arrival: Arrival, onClosed: (connection: EngineConnection) => void) => EngineConnection,
  onDrain: () => void = () => {},
): Engine {
  const connections = new Set<EngineConnection>()
  let drained: PromiseWithResolvers<void> | undefined
  const onClosed = (connection: EngineConnection) => {
    connections.delete(connection)
    if (connections.size === 0) drained?.resolve()
  }
  return {
    accept(socket, scheme, remoteAddress, account = memory.open(remoteAddress)) {
      // A socket that is lost already would never report it.
      if (socket.destroyed) return
      const connection = open({ socket, scheme, remoteAddress, account }, onClosed)
      connections.add(connection)
      if (drained !== undefined) connection.drain()
    },
    get connectionCount() {
      return connections.size
    },
    async drain() {
      drained ??= Promise.withResolvers<void>()
      onDrain()
      for (const connection of connections) connection.drain()
      if (connections.size > 0) await drained.promise
    },
    destroy() {
      const cause = new Error('the server is closed')
      for (const connection of connections) connection.destroy(cause)
    },
  }
}
