import { expect, test } from 'bun:test'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { withIpv6 } from './ipv6.ts'

test('a broker with an IPv6 address is reached', async () => {
  const server = createServer((socket) => socket.end('reached'))
  server.listen(0, '::1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const { brokers, socketFactory } = withIpv6(['one:9092', `[::1]:${port}`])
  const [host = '', text] = brokers[1]?.split(':') ?? []
  expect(brokers[0]).toBe('one:9092')
  expect(brokers[1]?.split(':')).toHaveLength(2)
  const onConnect = () => {}
  const socket = socketFactory({ host, port: Number(text), onConnect } as Parameters<
    typeof socketFactory
  >[0])
  const [bytes] = await once(socket, 'data')
  expect(String(bytes)).toBe('reached')
  socket.destroy()
  server.close()
})
