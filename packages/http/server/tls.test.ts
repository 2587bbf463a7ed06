import { afterAll, beforeAll, expect, test } from 'bun:test'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { request } from 'node:https'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { type Certificate, createCertificate } from '@marquee/testing/certificate'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { pino } from 'pino'
import { type Server, serve } from './serve.ts'
import type { TlsOptions } from './tls.ts'

const log = pino({ level: 'silent' })
const stack = new AsyncDisposableStack()
let own: Certificate
let client: Certificate

beforeAll(async () => {
  const { path } = stack.use(await temporaryFolder())
  own = createCertificate(path)
  client = createCertificate(path, 'client')
})
afterAll(() => stack.disposeAsync())

async function start(options: Partial<TlsOptions> = {}): Promise<Server> {
  const app = {
    fetch: async (request: Request) =>
      new Response(`${new URL(request.url).protocol} ${request.method} ${await request.text()}`),
  }
  const tls = { certificate: own.certificate, key: own.key, ...options }
  const limits = { firstBytesTimeoutMs: 500 }
  return stack.use(await serve({ app, port: 0, log, tls, limits }))
}

async function callHttp2(server: Server, options: ConnectionOptions): Promise<string> {
  const session = connectHttp2(`https://localhost:${server.port}`, options)
  session.on('error', () => {})
  stack.defer(() => session.destroy())
  const stream = session.request({ ':path': '/', ':method': 'POST' })
  stream.on('error', () => {})
  stream.end('hello')
  let status: unknown
  stream.on('response', (headers) => {
    status = headers[':status']
  })
  const body = await stream.setEncoding('utf8').toArray()
  if (status !== 200) throw new Error(`answered ${status}`)
  return body.join('')
}

function callHttp1(server: Server, options: ConnectionOptions): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const call = request(
    { host: 'localhost', port: server.port, method: 'POST', agent: false, ...options },
    (answer) =>
      void answer
        .setEncoding('utf8')
        .toArray()
        .then((text) => resolve(text.join(''))),
  )
  call.on('error', reject).end('hello')
  return promise
}

test('the port serves both versions of HTTP over TLS, and cleartext', async () => {
  const server = await start()
  const ca = own.certificate
  expect(await callHttp2(server, { ca })).toBe('https: POST hello')
  expect(await callHttp1(server, { ca })).toBe('https: POST hello')
  const answer = await fetch(server.url, { method: 'POST', body: 'hello' })
  expect(await answer.text()).toBe('http: POST hello')
})

test('the first bytes decide when a client agrees on no protocol by ALPN', async () => {
  const server = await start()
  const socket = connectTls({ host: 'localhost', port: server.port, ca: own.certificate })
  stack.defer(() => void socket.destroy())
  await once(socket, 'secureConnect')
  socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  const [answer] = (await once(socket, 'data')) as [Buffer]
  expect(answer.toString()).toStartWith('HTTP/1.1 200 OK\r\n')
})

test('an invalid or incomplete TLS hello ends the connection', async () => {
  const server = await start()
  for (const hello of ['1603010005ffffffffff', '1603010200']) {
    const socket = connect(server.port, '127.0.0.1').resume()
    socket.on('error', () => {})
    socket.write(Buffer.from(hello, 'hex'))
    await once(socket, 'close')
  }
  expect(await callHttp1(server, { ca: own.certificate })).toBe('https: POST hello')
})

test('with a client authority, a client without a certificate of it is refused', async () => {
  const server = await start({ clientAuthority: client.certificate })
  const ca = own.certificate
  const known = { ca, cert: client.certificate, key: client.key }
  expect(await callHttp2(server, known)).toBe('https: POST hello')
  expect(await callHttp1(server, known)).toBe('https: POST hello')
  const unknown = { ca, cert: own.certificate, key: own.key }
  for (const options of [{ ca }, unknown]) {
    await expect(callHttp1(server, options)).rejects.toThrow()
    await expect(callHttp2(server, options)).rejects.toThrow()
  }
  await expect(fetch(server.url)).rejects.toThrow()
})

test('closing ends connections in the middle of their TLS hello', async () => {
  const server = await start()
  const socket = connect(server.port, '127.0.0.1').resume()
  socket.write(Buffer.from('1603010200', 'hex'))
  await once(socket, 'connect')
  const closed = once(socket, 'close')
  await server.close()
  await closed
})

/** Suites of TLS 1.2 that HTTP/2 forbids (RFC 9113, Appendix A). */
const forbidden = ['ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA', 'AES128-GCM-SHA256']

/**
 * Suite that a TLS 1.2 client with this single suite agrees on, as openssl reports it. Deno's
 * client offers all suites.
 */
async function suiteOf({ port }: Server, suite: string): Promise<string | undefined> {
  const address = ['-connect', `127.0.0.1:${port}`, '-alpn', 'h2,http/1.1', '-tls1_2']
  const args = ['s_client', ...address, '-cipher', suite]
  const client = spawn('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] })
  const output = await text(client.stdout)
  return /Cipher is ([A-Z\d-]+)/.exec(output)?.[1]
}

test.each(forbidden)('a client that offers nothing better than %s is refused', async (suite) => {
  expect(await suiteOf(await start(), suite)).toBeUndefined()
})

test('a client of TLS 1.2 gets a suite that HTTP/2 allows', async () => {
  const suite = 'ECDHE-ECDSA-AES128-GCM-SHA256'
  expect(await suiteOf(await start(), suite)).toBe(suite)
})

test('later connections use a certificate that was reloaded', async () => {
  const server = await start()
  expect(await callHttp2(server, { ca: own.certificate })).toBe('https: POST hello')
  server.reloadTls({ certificate: client.certificate, key: client.key })
  expect(await callHttp2(server, { ca: client.certificate })).toBe('https: POST hello')
  await expect(callHttp1(server, { ca: own.certificate })).rejects.toThrow()
})

test('cleartext can be refused', async () => {
  const server = await start({ isRequired: true })
  expect(server.url).toStartWith('https://')
  await expect(fetch(server.url.replace('https', 'http'))).rejects.toThrow()
  expect(await callHttp1(server, { ca: own.certificate })).toBe('https: POST hello')
})

alsoOnDenoAndNode(import.meta.filename)
