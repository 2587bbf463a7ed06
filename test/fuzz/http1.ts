import assert from 'node:assert/strict'
import type { Exchange } from '@marquee/http/exchange'
import { createManualClock } from '@marquee/testing/manual-clock'
import { createHttp1Server } from '../../packages/http/http1/server.ts'
import { randomHttp1 } from './http1-requests.ts'
import { MemorySocket, settled } from './memory-socket.ts'
import type { Random } from './random.ts'

/** Outcome of the bytes of a connection. */
interface Understanding {
  /** The complete requests. */
  readonly requests: readonly string[]
  /** Number of correct responses. */
  readonly responseCount: number
  /**
   * True when the connection was closed. Bytes with several errors may be refused for any of them.
   */
  readonly ended: boolean
}

/**
 * Checks that bytes mean the same however they are split, and that another connection is served
 * meanwhile.
 */
export async function fuzzHttp1(random: Random): Promise<void> {
  const bytes = randomHttp1(random)
  const whole = await understand([bytes])
  const inParts = await understand(random.cut(bytes))
  // A handler that responds before the body has arrived may read more of it or less.
  if (bytes.includes('/early')) return
  assert.deepEqual(inParts, whole, `cut otherwise, it means something else: ${show(bytes)}`)
}

const goodRequest = Buffer.from('POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi')

async function understand(parts: readonly Buffer[]): Promise<Understanding> {
  const requests: string[] = []
  const server = createHttp1Server({
    respond: (exchange) => void respond(exchange, requests),
    clock: createManualClock(),
    random: () => 0.5,
  })
  const socket = new MemorySocket()
  server.accept(socket.asSocket, 'http', '127.0.0.1')
  for (const part of parts) {
    socket.send(Buffer.from(part))
    await settled(socket)
  }
  for (let request = 0; request < 4; request++) await settled()
  const other = new MemorySocket()
  server.accept(other.asSocket, 'http', '127.0.0.2')
  const asked = requests.length
  other.send(Buffer.from(goodRequest))
  socket.hangUp()
  await settled()
  await settled()
  const goodResponse = other.takeWritten().toString('latin1')
  assert.match(goodResponse, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nhi$/, 'another connection')
  const seen = requests.filter((_, index) => index !== requests.indexOf(goodSeen, asked))
  const text = socket.takeWritten().toString('latin1')
  const ended = socket.isEnded || socket.destroyed
  server.destroy()
  await settled()
  assert.equal(server.connectionCount, 0, 'a connection is left over')
  return { requests: seen, responseCount: text.match(/HTTP\/1\.1 200 /g)?.length ?? 0, ended }
}

const goodSeen = 'POST /echo 0: 6869'

/** Reads the whole body, and sends it back. */
async function respond(exchange: Exchange, requests: string[]): Promise<void> {
  const { method, target, body } = exchange
  const parts: Uint8Array[] = []
  try {
    while (target !== '/early' && !body.ended) {
      await body.ready()
      for (let part = body.take(); part; part = body.take()) parts.push(part)
    }
  } catch {
    assert.ok(exchange.closed, 'a body broke off, and its exchange goes on')
    return
  }
  const bytes = Buffer.concat(parts)
  requests.push(`${method} ${target} ${body.trailers.length}: ${bytes.toString('hex')}`)
  exchange.respond(200, [])
  exchange.end(bytes)
}

function show(bytes: Buffer): string {
  return JSON.stringify(bytes.toString('latin1')).slice(0, 2000)
}
