import { Pool, type PoolClient } from 'pg'
import { boundsMs, connectConfig } from './connection.ts'
import { beginSession } from './session.ts'

/** A pool that can be closed whether the server responds or not. */
export interface ClosablePool {
  readonly pool: Pool
  /**
   * Closes the pool once the statements in flight have ended, and destroys connections that are not
   * closed within `boundsMs.close`. Calling it twice is harmless.
   */
  close(): Promise<void>
}

/** @param schemaName See `connectConfig`. */
export function createPool(url: string, schemaName: string, sizeMax: number): ClosablePool {
  const { client, parameters } = connectConfig(url, schemaName)
  const pool = new Pool({
    ...client,
    onConnect: (client) => beginSession(client, parameters),
    max: sizeMax,
    idleTimeoutMillis: boundsMs.idleConnection,
  })
  const clients = new Set<PoolClient>()
  pool.on('connect', (client) => void clients.add(client))
  pool.on('remove', (client) => void clients.delete(client))
  // An idle connection was lost. The pool has dropped it already, and opens a new one when needed.
  pool.on('error', () => undefined)

  async function close(): Promise<void> {
    // Repeated, because a client that was still connecting may be added meanwhile.
    const timer = setInterval(() => {
      for (const client of clients) client.connection.stream.destroy()
    }, boundsMs.close)
    try {
      await pool.end()
      // The pool does not wait until its idle clients are closed.
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
