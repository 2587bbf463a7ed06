import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { promisify } from 'node:util'
import { createCertificate } from '@marquee/testing/certificate'
import {
  closing,
  get,
  type ListeningHttp1,
  listenHttp1,
  readBody,
  respondText,
} from '@marquee/testing/http1-client'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { describeWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { tool } from '@marquee/testing/tools'
import type { Exchange } from '../exchange.ts'
import { createHttp1Server } from './server.ts'

alsoOnDenoAndNode(import.meta.filename)

let server: ListeningHttp1

beforeAll(async () => {
  server = await listenHttp1(respond)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

/**
 * `/echo` sends the body back as it arrives. `/early` responds without it. Other paths return the
 * method, the target and the length of the body.
 */
async function respond(exchange: Exchange): Promise<void> {
  const { method, target, body } = exchange
  if (target === '/early') {
    body.refuse()
    return respondText(exchange, 'early', 413)
  }
  if (target === '/echo') return await echo(exchange)
  respondText(exchange, `${method} ${target} ${(await readBody(exchange)).length}`)
}

async function echo(exchange: Exchange): Promise<void> {
  const { body } = exchange
  exchange.respond(200, ['content-type', 'application/octet-stream'])
  while (!body.ended) {
    const piece = body.take()
    if (piece === undefined) {
      if (!body.ended) await body.ready()
    } else if (!exchange.write(piece)) await exchange.drained()
  }
  exchange.end(undefined, ['x-sum', 'done'])
}

describe('fetch', () => {
  test('fetch makes calls with and without a body, several times', async () => {
    for (let count = 0; count < 20; count++) {
      const plain = await fetch(`${server.url}/a?b=${count}`)
      expect(await plain.text()).toBe(`GET /a?b=${count} 0`)
      const posted = await fetch(`${server.url}/p`, { method: 'POST', body: 'x'.repeat(count) })
      expect(await posted.text()).toBe(`POST /p ${count}`)
    }
    const head = await fetch(server.url, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
  })

  test('fetch sends and receives a large body', async () => {
    const body = Buffer.alloc(3_000_000, 'fetch')
    const response = await fetch(`${server.url}/echo`, { method: 'POST', body })
    expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true)
  })

  test('fetch makes many calls at once', async () => {
    const calls = Array.from({ length: 100 }, async (_, index) => {
      const response = await fetch(`${server.url}/${index}`)
      return await response.text()
    })
    expect(await Promise.all(calls)).toEqual(calls.map((_, index) => `GET /${index} 0`))
  })
})

describe('node:http', () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  afterAll(() => agent.destroy())

  async function call(options: RequestOptions, body?: Buffer) {
    const outgoing = request({ host: '127.0.0.1', port: server.port, agent, ...options })
    outgoing.end(body)
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
    const pieces: Buffer[] = []
    for await (const piece of incoming) pieces.push(piece)
    return { incoming, bytes: Buffer.concat(pieces) }
  }

  test('node:http makes calls with and without a length, and gets trailers', async () => {
    const body = Buffer.alloc(300_000, 'node')
    for (let count = 0; count < 10; count++) {
      const plain = await call({ path: `/${count}` })
      expect(plain.bytes.toString()).toBe(`GET /${count} 0`)
      const headers = count % 2 ? { 'content-length': body.length } : {}
      const echoed = await call({ path: '/echo', method: 'POST', headers }, body)
      expect(echoed.bytes.equals(body)).toBe(true)
      expect(echoed.incoming.trailers).toEqual({ 'x-sum': 'done' })
    }
  })

  test('node:http sends the body after a 100 Continue', async () => {
    const headers = { expect: '100-continue', 'content-length': 5 }
    const outgoing = request({ port: server.port, host: '127.0.0.1', method: 'PUT', headers })
    outgoing.flushHeaders()
    await once(outgoing, 'continue')
    outgoing.end('hello')
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
    expect(await incoming.toArray().then((pieces) => pieces.join(''))).toBe('PUT / 5')
  })
})

describeWith(tool('curl'), 'curl', (curl) => {
  const run = async (...args: string[]) =>
    (await promisify(execFile)(curl, ['-sS', '--http1.1', '--max-time', '20', ...args])).stdout

  test('curl makes several calls on one connection', async () => {
    const report = await run('-w', '[%{num_connects}]', `${server.url}/1`, `${server.url}/2`)
    expect(report).toBe('GET /1 0[1]GET /2 0[0]')
  })

  test('curl sends a large body after a 100 Continue', async () => {
    await using folder = await temporaryFolder()
    const file = `${folder.path}/body`
    await writeFile(file, Buffer.alloc(2_000_000, 'curl'))
    const report = await run('-T', file, '-w', ' %{http_code}', `${server.url}/put`)
    expect(report).toBe('PUT /put 2000000 200')
    const chunked = await run('-T', file, '-H', 'transfer-encoding: chunked', `${server.url}/put`)
    expect(chunked).toBe('PUT /put 2000000')
  })

  test('curl gets an early response to a large body, with or without a 100', async () => {
    await using folder = await temporaryFolder()
    const file = `${folder.path}/body`
    await writeFile(file, Buffer.alloc(2_000_000, 'curl'))
    for (const expectation of ['expect: 100-continue', 'expect:']) {
      const report = await run('-T', file, '-H', expectation, `${server.url}/early`)
      expect(report).toBe('early')
    }
  })

  test('curl makes a call over HTTP/1.0', async () => {
    expect(await run('--http1.0', `${server.url}/old`)).toBe('GET /old 0')
  })
})

describe('TLS', () => {
  test('requests over TLS work as over TCP', async () => {
    await using folder = await temporaryFolder()
    const { key, certificate } = createCertificate(folder.path)
    const schemes: string[] = []
    const engine = createHttp1Server({
      respond: (exchange) => {
        schemes.push(exchange.scheme)
        void respond(exchange)
      },
    })
    const secure = createTlsServer({ key, cert: certificate }, (socket) =>
      engine.accept(socket, 'https', socket.remoteAddress ?? ''),
    )
    const listener = createServer({ allowHalfOpen: true }, (socket) =>
      secure.emit('connection', socket),
    )
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const { port } = listener.address() as AddressInfo
    const client = connectTls({ port, host: '127.0.0.1', ca: certificate, servername: 'localhost' })
    client.write(get('/secure') + get('/last', closing))
    let text = ''
    for await (const piece of client) text += piece
    expect(text).toContain('GET /secure 0')
    expect(text).toEndWith('GET /last 0')
    expect(schemes).toEqual(['https', 'https'])
    listener.close()
    engine.destroy()
  })
})
