import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/**
 * Below the ports that systems assign to servers on port 0 and to clients, so that none of these is
 * taken by chance before it is used.
 */
const range = { first: 20_000, count: 12_000 }
const triesMax = 100

/**
 * Returns different ports of 127.0.0.1 that are free now, for programs that need a port as an
 * argument. A server in the test's own process listens on port 0 instead.
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers = new Map<number, Server>()
  for (let tries = 0; servers.size < count && tries < triesMax; tries++) {
    const port = range.first + Math.floor(Math.random() * range.count)
    const server = await listen(port)
    if (server) servers.set(port, server)
  }
  await Promise.all([...servers.values()].map((server) => once(server.close(), 'close')))
  if (servers.size < count) throw new Error(`found fewer than ${count} free ports`)
  return [...servers.keys()]
}

/** Returns `undefined` when the port is in use. */
async function listen(port: number): Promise<Server | undefined> {
  const server = createServer().listen(port, '127.0.0.1')
  return once(server, 'listening').then(
    () => server,
    () => undefined,
  )
}
