import { expect } from 'bun:test'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { connectionCounter } from './connections.ts'
import { testWith } from './requirements.ts'
import { waitFor } from './wait-for.ts'

testWith(
  connectionCounter(),
  'the connection counter counts the connections of a process to a port',
  async (count) => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    expect(count(process.pid, port)).toBe(2)
    for (const socket of sockets) socket.destroy()
    await waitFor(() => count(process.pid, port) === 0, { what: 'them to be closed' })
    server.close()
  },
)
