import { expect, test } from 'bun:test'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { pino } from 'pino'
import { type Server, serve } from './serve.ts'

const log = pino({ level: 'silent' })

/** A server whose calls wait until the test releases them. */
async function startGated(drainTimeoutMs = 5_000) {
  const gate = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  const fetch = async () => {
    arrived.resolve()
    await gate.promise
    return new Response('done')
  }
  const server = await serve({ app: { fetch }, port: 0, log, limits: { drainTimeoutMs } })
  return { server, arrived: arrived.promise, letGo: gate.resolve }
}

async function refused(server: Server): Promise<boolean> {
  const socket = connect(server.port, '127.0.0.1')
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
  return error.code === 'ECONNREFUSED'
}

test('closing lets an HTTP/1.1 call finish, and accepts no new connection', async () => {
  const { server, arrived, letGo } = await startGated()
  const pending = fetch(server.url)
  await arrived
  const closed = server.close()
  expect(await refused(server)).toBe(true)
  letGo()
  const response = await pending
  expect(await response.text()).toBe('done')
  expect(response.headers.get('connection')).toBe('close')
  await closed
})

test('closing lets an HTTP/2 call finish, and sends the client a GOAWAY', async () => {
  const { server, arrived, letGo } = await startGated()
  const client = connectHttp2(server.url)
  const goneAway = once(client, 'goaway')
  const stream = client.request({ ':path': '/' })
  let body = ''
  stream.on('data', (chunk) => {
    body += chunk
  })
  await arrived
  const closed = server.close()
  await goneAway
  letGo()
  await once(stream, 'close')
  expect(body).toBe('done')
  await closed
})

test('closing ends connections without a call', async () => {
  const { server } = await startGated()
  const idle = connect(server.port, '127.0.0.1').resume()
  await once(idle, 'connect')
  idle.write('GET')
  const idleHttp2 = connectHttp2(server.url)
  await once(idleHttp2, 'connect')
  const ended = Promise.all([once(idle, 'close'), once(idleHttp2, 'close')])
  await server.close()
  await ended
})

test('a call that does not end is aborted after the drain timeout', async () => {
  const { server, arrived } = await startGated(50)
  const outcome = fetch(server.url).then(
    () => 'done',
    () => 'cut',
  )
  await arrived
  await server.close()
  expect(await outcome).toBe('cut')
})

alsoOnDenoAndNode(import.meta.filename)
