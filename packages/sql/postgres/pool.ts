import { Pool, type PoolClient } from 'pg'
import { boundsMs, connectConfig } from './connection.ts'
import { beginSession } from './session.ts'

/** A pool that can be closed whether the server answers or not. */
export interface ClosablePool {
  readonly pool: Pool
  /** Ends the pool when what is under way has ended, and cuts what has not within `boundsMs.close`. May be called twice. */
  close(): Promise<void>
}

/** @param schemaName as in `connectConfig`. */
export function createPool(url: string, schemaName: string, sizeMax: number): ClosablePool {
  const { client, settings } = connectConfig(url, schemaName)
  const pool = new Pool({
    ...client,
    onConnect: (client) => beginSession(client, settings),
    max: sizeMax,
    idleTimeoutMillis: boundsMs.idleConnection,
  })
  const clients = new Set<PoolClient>()
  pool.on('connect', (client) => void clients.add(client))
  pool.on('remove', (client) => void clients.delete(client))
  // An idle connection was lost. The pool has dropped it already, and whoever wants one next gets a new one.
  pool.on('error', () => undefined)

  async function close(): Promise<void> {
    // More than once: a client that was still connecting may have become one of them meanwhile.
    const timer = setInterval(() => {
      for (const client of clients) client.connection.stream.destroy()
    }, boundsMs.close)
    try {
      await pool.end()
      // The pool does not wait for the goodbyes of its idle clients.
      while (clients.size > 0) await new Promise((resolve) => pool.once('remove', resolve))
    } finally {
      clearInterval(timer)
    }
  }

  let closing: Promise<void> | undefined
  return {
    pool,
    close() {
      closing ??= close()
      return closing
    },
  }
}
