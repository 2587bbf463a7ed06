import { afterAll, describe, expect, test } from 'bun:test'
import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2, constants as http2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { waitFor } from '@marquee/testing/wait-for'
import { pino } from 'pino'
import type { FetchApp, PortLimits } from './port.ts'
import { type Server, serve } from './serve.ts'

const log = pino({ level: 'silent' })
const open = new AsyncDisposableStack()
afterAll(() => open.disposeAsync())

async function start(app: FetchApp['fetch'], limits: Partial<PortLimits> = {}): Promise<Server> {
  return open.use(await serve({ app: { fetch: app }, port: 0, log, limits }))
}

function dial(server: Server): Socket {
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => {})
  open.defer(() => void socket.destroy())
  return socket
}

function session(server: Server): ClientHttp2Session {
  const client = connectHttp2(server.url)
  client.on('error', () => {})
  open.defer(() => client.destroy())
  return client
}

interface Received {
  status: number
  body: string
  trailers: Record<string, unknown>
  rstCode: number | undefined
}

async function call(client: ClientHttp2Session, path: string, body?: string): Promise<Received> {
  const stream = client.request({ ':path': path, ':method': body === undefined ? 'GET' : 'POST' })
  const received: Received = { status: 0, body: '', trailers: {}, rstCode: undefined }
  stream.on('response', (headers) => {
    received.status = Number(headers[':status'])
  })
  stream.on('trailers', (trailers) => {
    received.trailers = trailers
  })
  stream.on('data', (chunk) => {
    received.body += chunk
  })
  stream.on('error', () => {})
  stream.end(body)
  await once(stream, 'close')
  return { ...received, rstCode: stream.rstCode }
}

/** A response without an end, which counts the bytes that were requested. */
function endless(counter: { bytes: number }): Response {
  const chunk = new Uint8Array(64 * 1024)
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        counter.bytes += chunk.length
        controller.enqueue(chunk)
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body)
}

/** Resolves when the count has not changed for a while. */
async function settled(count: () => number): Promise<number> {
  let last = -1
  await waitFor(
    () => {
      const still = count() === last && last > 0
      last = count()
      return still
    },
    { what: 'the count to stand still', intervalMs: 300, timeoutMs: 20_000 },
  )
  return last
}

const echo = async (request: Request) => new Response(`${request.method} ${await request.text()}`)

describe('a server with one port', () => {
  test('one port serves HTTP/1.1 and HTTP/2 alike', async () => {
    const server = await start(echo)
    expect(await (await fetch(server.url, { method: 'POST', body: 'hello' })).text()).toBe(
      'POST hello',
    )
    expect(await call(session(server), '/', 'hello')).toMatchObject({
      status: 200,
      body: 'POST hello',
    })
  })

  test('HTTP/2 is detected when the preface arrives byte by byte', async () => {
    const server = await start(echo)
    const socket = dial(server)
    await once(socket, 'connect')
    socket.setNoDelay(true)
    const hello = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1')
    for (const byte of hello) {
      socket.write(Uint8Array.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    const [received] = (await once(socket, 'data')) as [Buffer]
    expect(received[3]).toBe(4) // a SETTINGS frame
  })

  test('connections that send nothing, or TLS to a server without it, are closed', async () => {
    const server = await start(echo, { firstBytesTimeoutMs: 20 })
    await once(dial(server).resume(), 'close')
    const secure = dial(server).resume()
    secure.write(Uint8Array.of(0x16, 3, 1))
    await once(secure, 'close')
  })

  test('the app gets the address of the client', async () => {
    const seen: (string | undefined)[] = []
    const server = await start((_, { exchange }) => {
      seen.push(exchange?.remoteAddress)
      return new Response()
    })
    await fetch(server.url)
    await call(session(server), '/')
    expect(seen).toEqual(['127.0.0.1', '127.0.0.1'])
  })

  test('an error names the address that the server cannot listen on', async () => {
    const server = await start(echo)
    const second = serve({ app: { fetch: echo }, port: server.port, log })
    await expect(second).rejects.toThrow(`cannot listen on 127.0.0.1:${server.port}: it is in use`)
  })

  test('the client gets a 500 when the app throws, and the server continues', async () => {
    const server = await start((request) => {
      if (request.url.endsWith('/bad')) throw new Error('secret')
      return new Response('good')
    })
    const bad = await fetch(`${server.url}/bad`)
    expect([bad.status, await bad.text()]).toEqual([500, ''])
    const client = session(server)
    expect(await call(client, '/bad')).toMatchObject({ status: 500, body: '' })
    expect(await call(client, '/')).toMatchObject({ status: 200, body: 'good' })
  })

  test('an unknown method is not mistaken for another', async () => {
    const server = await start(({ method }) => new Response(method))
    const stream = session(server).request({ ':path': '/', ':method': 'FOO' })
    stream.end()
    expect((await stream.setEncoding('utf8').toArray()).join('')).toBe('FOO')
    const socket = dial(server)
    socket.write('FOO / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n')
    expect((await socket.setEncoding('utf8').toArray()).join('')).toEndWith('\r\n\r\nFOO')
  })

  test('trailers are sent after the body over HTTP/2', async () => {
    const server = await start((_, env) => {
      env.trailers = () => ['grpc-status', '0']
      return new Response('body')
    })
    const received = await call(session(server), '/', '')
    expect(received).toMatchObject({ body: 'body', trailers: { 'grpc-status': '0' } })
  })
})

describe('backpressure', () => {
  test('a response is produced no faster than an HTTP/1.1 client reads it', async () => {
    const counter = { bytes: 0 }
    const server = await start(() => endless(counter))
    const socket = dial(server)
    socket.write('GET / HTTP/1.1\r\nhost: test\r\n\r\n')
    socket.pause()
    expect(await settled(() => counter.bytes)).toBeLessThan(32 * 1024 * 1024)
  })

  test('a response is produced no faster than an HTTP/2 client reads it', async () => {
    const counter = { bytes: 0 }
    const server = await start(() => endless(counter))
    session(server).request({ ':path': '/' }).pause()
    expect(await settled(() => counter.bytes)).toBeLessThan(4 * 1024 * 1024)
  })

  test.each(['HTTP/1.1', 'HTTP/2'])('a body by %s is taken no faster than read', async (http) => {
    const server = await start(() => new Promise<Response>(() => {}), { drainTimeoutMs: 100 })
    let sent = 0
    const chunk = Buffer.alloc(64 * 1024)
    const sink =
      http === 'HTTP/2'
        ? session(server).request({ ':path': '/', ':method': 'POST' })
        : dial(server)
    sink.on('error', () => {})
    if (http === 'HTTP/1.1')
      sink.write('POST / HTTP/1.1\r\nhost: t\r\ncontent-length: 1000000000\r\n\r\n')
    const send = () => {
      sink.write(chunk, (error) => {
        if (error) return
        sent += chunk.length
        setImmediate(send)
      })
    }
    send()
    expect(await settled(() => sent)).toBeLessThan(32 * 1024 * 1024)
  })
})

describe('a client that leaves', () => {
  test.each(['HTTP/1.1', 'HTTP/2'])(
    'a client that leaves aborts its request over %s',
    async (http) => {
      const aborted = Promise.withResolvers<void>()
      const server = await start((request) => {
        request.signal.addEventListener('abort', () => aborted.resolve())
        return new Promise<Response>(() => {})
      })
      if (http === 'HTTP/1.1') {
        const socket = dial(server)
        socket.write('GET / HTTP/1.1\r\nhost: test\r\n\r\n', () =>
          setTimeout(() => socket.destroy(), 50),
        )
      } else {
        const stream = session(server).request({ ':path': '/' })
        stream.on('error', () => {})
        setTimeout(() => stream.close(http2.NGHTTP2_CANCEL), 50)
      }
      await aborted.promise
    },
  )
})

// A client of Deno's `node:http2` takes whatever it is given to send.
alsoOnDenoAndNode(import.meta.filename, { only: /^(?!.*a body by HTTP\/2)/ })
