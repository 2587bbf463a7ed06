import { afterAll, beforeAll, expect, test } from 'bun:test'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls'
import { type Certificate, createCertificate } from '@marquee/testing/certificate'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { createHttp2Server } from '../../http/http2/server/server.ts'
import { createHttp2Context } from './connection.ts'
import { openSession, type Session, type SessionOptions, type SessionTls } from './session.ts'

alsoOnDenoAndNode(import.meta.filename)

const stack = new AsyncDisposableStack()
let own: Certificate
let other: Certificate

beforeAll(async () => {
  const { path } = stack.use(await temporaryFolder())
  own = createCertificate(path)
  other = createCertificate(path, 'other')
})
afterAll(() => stack.disposeAsync())

test('a session is connected once the SETTINGS of the peer have arrived', async () => {
  const url = await serve(createServer(accept))
  const { session } = open(url)
  expect(session.hasRoom).toBe(false)
  await session.connected
  expect(session.hasRoom).toBe(true)
})

test('connecting to a silent peer fails after the timeout', async () => {
  const url = await serve(createServer())
  const { session, ends } = open(url, { connectTimeoutMs: 50 })
  await expect(session.connected).rejects.toThrow('not connected within 50 ms')
  expect(ends.count).toBe(1)
})

test('connecting fails at once when nothing listens, or the peer does not speak HTTP/2', async () => {
  const gone = createServer()
  const goneUrl = await serve(gone)
  gone.close()
  await expect(open(goneUrl).session.connected).rejects.toThrow()
  const http1 = createServer((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  await expect(open(await serve(http1)).session.connected).rejects.toThrow()
})

test('a session that is destroyed while it connects ends once', async () => {
  const { session, ends } = open(await serve(createServer(accept)))
  session.destroy()
  await expect(session.connected).rejects.toThrow('closed')
  session.destroy()
  expect(ends.count).toBe(1)
})

test.each(['localhost', '127.0.0.1'])('behind TLS a session to %s speaks HTTP/2', async (host) => {
  const url = await serveTls({ ALPNProtocols: ['h2', 'http/1.1'] }, host)
  const { session } = open(url, { tls: { ca: own.certificate } })
  await session.connected
  expect(session.hasRoom).toBe(true)
})

test('a server with an untrusted certificate is not called', async () => {
  const url = await serveTls({ ALPNProtocols: ['h2'] })
  for (const tls of [{}, { ca: other.certificate }]) {
    const { session, ends } = open(url, { tls })
    await expect(session.connected).rejects.toThrow()
    expect(ends.count).toBe(1)
  }
})

test('a server that does not choose HTTP/2 is not called', async () => {
  const url = await serveTls({ ALPNProtocols: ['http/1.1'] })
  await expect(open(url, { tls: { ca: own.certificate } }).session.connected).rejects.toThrow()
  const silent = await serveTls({})
  const { session } = open(silent, { tls: { ca: own.certificate } })
  await expect(session.connected).rejects.toThrow('HTTP/2')
})

test('the client sends its certificate to a server that requires one', async () => {
  const required = { ALPNProtocols: ['h2'], requestCert: true, rejectUnauthorized: true }
  const url = await serveTls({ ...required, ca: other.certificate })
  const tls: SessionTls = { ca: own.certificate, cert: other.certificate, key: other.key }
  await open(url, { tls }).session.connected
  await expect(open(url, { tls: { ca: own.certificate } }).session.connected).rejects.toThrow()
})

interface Opened {
  readonly session: Session
  readonly ends: { count: number }
}

function open(url: string, options: Partial<SessionOptions> = {}): Opened {
  const ends = { count: 0 }
  const session = openSession(
    url,
    { context: createHttp2Context(), ...options },
    { onRoom() {}, onLeaving() {}, onEnd: () => ends.count++ },
  )
  stack.defer(() => session.destroy())
  return { session, ends }
}

const http2 = createHttp2Server({ respond: (exchange) => exchange.abort() })

function accept(socket: Socket): void {
  http2.accept(socket, 'http', '127.0.0.1')
}

async function serveTls(options: TlsOptions, host = 'localhost'): Promise<string> {
  const server = createTlsServer({ cert: own.certificate, key: own.key, ...options })
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') accept(socket)
  })
  return (await serve(server)).replace('http://127.0.0.1', `https://${host}`)
}

async function serve(server: Server): Promise<string> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {})))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}
