import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Exchange } from '@marquee/http/exchange'
import { createHttp1Server } from '../../packages/http/http1/server.ts'
import { randomHttp1 } from './http1-requests.ts'
import { MemorySocket, settled } from './memory-socket.ts'
import type { Random } from './random.ts'

/** Requests that a parser has found, and whether it gave up on the connection after them. */
interface Reading {
  readonly requests: readonly string[]
  readonly ended: boolean
}

/**
 * Compares where requests begin and end with llhttp, the parser of Node. Ours finds the same
 * requests or refuses: a proxy in front cannot be made to see other requests than we do (RFC 9112
 * §11.2).
 */
export async function fuzzHttp1Boundaries(random: Random): Promise<void> {
  const bytes = randomHttp1(random)
  // For Node, the data after an upgrade is not HTTP, even when nobody upgrades.
  if (/upgrade/i.test(bytes.toString('latin1'))) return
  const [ours, theirs] = [await readByUs(bytes), await readByNode(bytes)]
  const count = Math.min(ours.requests.length, theirs.requests.length)
  const told = JSON.stringify(bytes.toString('latin1'))
  assert.deepEqual(ours.requests.slice(0, count), theirs.requests.slice(0, count), told)
  if (ours.requests.length > count) assert.ok(theirs.ended, `they wait, we do not: ${told}`)
  if (theirs.requests.length > count) assert.ok(ours.ended, `we wait, they do not: ${told}`)
}

async function readByUs(bytes: Buffer): Promise<Reading> {
  const requests: string[] = []
  const server = createHttp1Server({ respond: (exchange) => void respond(exchange, requests) })
  const socket = new MemorySocket()
  server.accept(socket.asSocket, 'http', '127.0.0.1')
  const ended = await feed(socket, bytes)
  server.destroy()
  return { requests, ended }
}

async function respond(exchange: Exchange, requests: string[]): Promise<void> {
  const { method, body } = exchange
  const parts: Uint8Array[] = []
  try {
    while (!body.ended) {
      await body.ready()
      for (let part = body.take(); part; part = body.take()) parts.push(part)
    }
  } catch {
    // It was refused in its middle.
    return
  }
  requests.push(`${method} ${Buffer.concat(parts).toString('hex')}`)
  exchange.respond(200, [])
  exchange.end()
}

async function readByNode(bytes: Buffer): Promise<Reading> {
  const requests: string[] = []
  const respond = (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      requests.push(`${request.method} ${Buffer.concat(parts).toString('hex')}`)
      response.end()
    })
  }
  const server = createServer(respond).on('checkExpectation', respond)
  const socket = new MemorySocket()
  server.emit('connection', socket)
  const ended = await feed(socket, bytes)
  return { requests, ended }
}

/** Sends the bytes, and returns whether the server has closed the connection. */
async function feed(socket: MemorySocket, bytes: Buffer): Promise<boolean> {
  socket.send(Buffer.from(bytes))
  for (let request = 0; request < 6; request++) await settled(socket)
  const ended = socket.isEnded || socket.destroyed
  socket.destroy()
  await settled()
  return ended
}
