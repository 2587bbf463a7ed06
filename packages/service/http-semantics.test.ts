import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { once } from 'node:events'
import { connect } from 'node:http2'
import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-node'
import { Health } from '@marquee/connect-hono/gen/grpc/health/v1/health_pb'
import { mountConnect } from '@marquee/connect-hono/mount'
import { type Server, serve } from '@marquee/http/server/serve'
import { sendRaw } from '@marquee/testing/http1-client'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { pino } from 'pino'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { createApp } from './app.ts'
import { createMetrics } from './metrics/metrics.ts'
import { createHealth } from './process/health.ts'
import { setVersion } from './rest/conditional.ts'
import { refuseMethod } from './rest/rest.ts'

const stack = new AsyncDisposableStack()
let server: Server

beforeAll(async () => {
  const log = pino({ level: 'silent' })
  const app = createApp('metadata', {
    log,
    health: createHealth(new AbortController().signal),
    metrics: createMetrics(),
    corsOrigins: ['https://page.test'],
  })
  mountConnect(
    app,
    (router) =>
      router.service(MetadataService, {
        getMetadata(_, context) {
          setVersion(context, 7)
          return { metadata: { title: 'a'.repeat(5_000) } }
        },
        listMetadata: () => ({}),
        batchGetMetadata(_, context) {
          setVersion(context, 7)
          throw new ConnectError('the disk is full', Code.Unavailable)
        },
      }),
    app.rpcOptions,
  )
  app.get('/metadata', (c) => c.json({}))
  app.all('/metadata', refuseMethod('GET, HEAD'))
  server = stack.use(await serve({ app, port: 0, log }))
})
afterAll(() => stack.disposeAsync())

const query = '?connect=v1&encoding=json&message=%7B%22movieId%22%3A%22a%22%7D'
const getPath = `/metadata.v1.MetadataService/GetMetadata${query}`
const call = (path: string, init?: RequestInit) => fetch(server.url + path, init)

describe('a response to GET', () => {
  test('by Connect is cached per encoding, compressed or not', async () => {
    for (const encoding of ['gzip', 'identity']) {
      const headers = { 'accept-encoding': encoding }
      const response = await call(getPath, { headers })
      expect(response.headers.get('vary')?.toLowerCase()).toContain('accept-encoding')
      expect(response.headers.get('cache-control')).toBe('no-cache')
    }
    const list = await call(getPath.replace('GetMetadata', 'ListMetadata'))
    expect(list.headers.get('vary')?.toLowerCase()).toContain('accept-encoding')
  })

  test.each(['/livez', '/readyz', '/metrics', '/metadata', '/unknown', '/x.Y/Z'])(
    'of %s, without a version, is not kept',
    async (path) => {
      expect((await call(path)).headers.get('cache-control')).toBe('no-store')
    },
  )

  test.each([
    [
      'Connect',
      getPath
        .replace('GetMetadata', 'BatchGetMetadata')
        .replace('Id%22%3A%22a%22', 'Ids%22%3A%5B%22a%22%5D'),
    ],
    ['REST', '/v1/movies:batchGet?movie_ids=a'],
  ])('by %s that fails after its version was set has none, and no condition', async (_, path) => {
    for (const headers of [undefined, { 'if-none-match': '*' }]) {
      const response = await call(path, headers && { headers })
      expect([response.status, response.headers.get('etag')]).toEqual([503, null])
      expect(response.headers.get('cache-control')).toBe('no-store')
    }
  })

  test('depends on the origin when pages of other origins may call', async () => {
    for (const origin of [undefined, 'https://page.test']) {
      const headers = new Headers(origin === undefined ? [] : [['origin', origin]])
      const response = await call(getPath, { headers })
      expect(response.headers.get('vary')?.toLowerCase()).toContain('origin')
    }
  })
})

describe('a route', () => {
  const routes: readonly (readonly [string, string])[] = [
    ['/livez', 'GET, HEAD, OPTIONS'],
    ['/readyz', 'GET, HEAD, OPTIONS'],
    ['/metrics', 'GET, HEAD, OPTIONS'],
    ['/metadata', 'GET, HEAD, OPTIONS'],
    ['/metadata.v1.MetadataService/GetMetadata', 'POST, GET, OPTIONS'],
    ['/metadata.v1.MetadataService/PutMetadata', 'POST, OPTIONS'],
  ]

  test.each(routes)('%s lists the methods that it accepts', async (path, allow) => {
    const options = await call(path, { method: 'OPTIONS' })
    expect([options.status, options.headers.get('allow')]).toEqual([204, allow])
    const other = await call(path, { method: 'DELETE' })
    expect([other.status, other.headers.get('allow')]).toEqual([405, allow])
  })

  test('responds to HEAD as to GET without the body', async () => {
    for (const path of ['/livez', '/readyz', '/metrics', '/metadata']) {
      const response = await call(path, { method: 'HEAD' })
      expect([path, response.status, await response.text()]).toEqual([path, 200, ''])
    }
  })

  test('lets a preflight pass', async () => {
    const headers = { origin: 'https://page.test', 'access-control-request-method': 'POST' }
    const response = await call(getPath, { method: 'OPTIONS', headers })
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-methods')).toContain('POST')
  })
})

test.each(['OPTIONS / HTTP/1.0', 'OPTIONS * HTTP/1.0'])(
  'the health check %s succeeds, as HAProxy sends it by default',
  async (line) => {
    expect(await sendRaw(server, `${line}\r\n\r\n`)).toStartWith('HTTP/1.1 204 ')
  },
)

test('a stream tells proxies not to buffer it', async () => {
  const { url: baseUrl } = server
  for (const transport of [
    createConnectTransport({ baseUrl, httpVersion: '1.1' }),
    createConnectTransport({ baseUrl, httpVersion: '2' }),
    createGrpcWebTransport({ baseUrl, httpVersion: '1.1' }),
  ]) {
    const ending = new AbortController()
    const seen: (string | null)[] = []
    const onHeader = (headers: Headers) => void seen.push(headers.get('x-accel-buffering'))
    const options = { signal: ending.signal, onHeader }
    const watch = createClient(Health, transport).watch({ service: '' }, options)
    await watch[Symbol.asyncIterator]().next()
    ending.abort()
    expect(seen).toEqual(['no'])
  }
})

/** Far more than a request of the method may have. */
const hugeBytes = 100_000_000

describe('a client that waits for 100 Continue', () => {
  const path = '/metadata.v1.MetadataService/PutMetadata'

  test.each(['application/json', 'application/grpc-web+proto'])(
    'gets the response at once by HTTP/1.1 when its body of %s is too large',
    async (type) => {
      const length = `content-length: ${hugeBytes}\r\nexpect: 100-continue\r\n`
      const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\n`
      const text = await sendRaw(server, `${head}${length}\r\n`)
      expect(text).toMatch(/^HTTP\/1\.1 (429|200) /)
      expect(text).not.toContain('100 Continue')
    },
  )

  test('gets the response immediately by HTTP/2 when its body is too large', async () => {
    const session = connect(server.url)
    const stream = session.request({
      ...{ ':method': 'POST', ':path': path, 'content-type': 'application/json' },
      ...{ 'content-length': `${hugeBytes}`, expect: '100-continue' },
    })
    let isContinued = false
    stream.on('continue', () => {
      isContinued = true
    })
    stream.on('error', () => {})
    const [headers] = await once(stream, 'response')
    session.destroy()
    expect([headers[':status'], isContinued]).toEqual([429, false])
  })

  test('is refused when it expects anything else', async () => {
    const head = 'GET /livez HTTP/1.1\r\nhost: localhost\r\nexpect: more\r\n\r\n'
    expect(await sendRaw(server, head)).toStartWith('HTTP/1.1 417 ')
  })
})

alsoOnDenoAndNode(import.meta.filename)
