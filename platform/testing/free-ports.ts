import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/**
 * As many different ports of 127.0.0.1 as asked, free at the moment of the answer. For programs
 * that must be told their port; a server in the test's own process listens on port 0 instead.
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}
