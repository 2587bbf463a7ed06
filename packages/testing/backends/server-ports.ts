import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/**
 * Below the range from which systems take the ports of outgoing connections. Otherwise a client
 * that keeps reconnecting to a killed server could get its port.
 */
const firstPort = 20_000
const portCount = 10_000

const attemptCountMax = 1_000

/** Returns different free ports of 127.0.0.1, for servers that are restarted. */
export async function serverPorts(count: number): Promise<number[]> {
  const held: Server[] = []
  try {
    for (let attempt = 0; held.length < count; attempt++) {
      if (attempt === attemptCountMax) throw new Error('found no free port')
      const port = firstPort + Math.floor(Math.random() * portCount)
      const server = await listen(port)
      if (server) held.push(server)
    }
    return held.map((server) => (server.address() as { port: number }).port)
  } finally {
    await Promise.all(held.map((server) => once(server.close(), 'close')))
  }
}

/** Returns whether nothing listens on a port of 127.0.0.1. */
export async function isFree(port: number): Promise<boolean> {
  const server = await listen(port)
  if (server) await once(server.close(), 'close')
  return server !== undefined
}

async function listen(port: number): Promise<Server | undefined> {
  const server = createServer()
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening')
    return server
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined
    throw error
  }
}
