import assert from 'node:assert/strict'
import type { Exchange } from '@marquee/http/exchange'
import { createHttp1Server } from '../../packages/http/http1/server.ts'
import { MemorySocket, settled } from './memory-socket.ts'
import type { Random } from './random.ts'

const responseBytes = 20_000
/** Limit of the server, one response that started below it, and what the socket takes at once. */
const keptBytesMax = 64 * 1024 + responseBytes + 100_000

/** Fuzzes a client that pipelines requests and reads nothing, or sometimes. */
export async function fuzzHttp1Flood(random: Random): Promise<void> {
  const server = createHttp1Server({ respond: (exchange) => void respond(exchange) })
  try {
    const socket = new MemorySocket()
    server.accept(socket.asSocket, 'http', '127.0.0.1')
    socket.setReading(false)
    let receivedBytes = 0
    for (let count = random.integer(10, 60); count > 0; count--) {
      // Data that is not read waits where it costs the server nothing.
      if (socket.readableLength === 0) socket.send(randomRequests(random))
      await settled()
      const kept = socket.writableLength
      assert.ok(kept <= keptBytesMax, `${kept} bytes wait for a client`)
      if (random.once(5)) {
        socket.setReading(true)
        await settled(socket)
        receivedBytes += socket.takeWritten().length
        socket.setReading(false)
      }
    }
    socket.setReading(true)
    await settled(socket)
    receivedBytes += socket.takeWritten().length
    assert.ok(receivedBytes > responseBytes, 'no response arrived')
    socket.destroy()
    await settled()
    assert.equal(server.connectionCount, 0, 'a connection is left over')
  } finally {
    server.destroy()
  }
}

const requests = [
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc',
  'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
]

function randomRequests(random: Random): Buffer {
  const count = random.integer(1, 800)
  return Buffer.from(Array.from({ length: count }, () => random.pick(requests)).join(''))
}

async function respond(exchange: Exchange): Promise<void> {
  const { body } = exchange
  try {
    while (!body.ended) {
      await body.ready()
      for (let part = body.take(); part; part = body.take());
    }
  } catch {
    // The connection is closed.
    return
  }
  exchange.respond(200, [])
  exchange.end(Buffer.alloc(responseBytes))
}
