import { afterAll, afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect'
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web'
import { ErrorInfoSchema } from '@marquee/connect-hono/gen/google/rpc/error_details_pb'
import { mountConnect } from '@marquee/connect-hono/mount'
import { createHttp2Context } from '@marquee/grpc-transport/connection'
import { createSessionPool } from '@marquee/grpc-transport/pool/session-pool'
import { createAddressList } from '@marquee/http/server/address-list'
import { serve } from '@marquee/http/server/serve'
import { failureOf } from '@marquee/testing/failure-of'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { pino } from 'pino'
import { RatingService } from '../../../gen/rating/v1/rating_pb.ts'
import { createGrpcTransport } from '../../grpc-transport/transport.ts'
import { createStaticRegistry } from '../../registry/static/static.ts'
import { type AppOptions, createApp, type ServiceApp } from '../app.ts'
import { addForwarding } from '../gateway/routes.ts'
import { openUpstream } from '../gateway/upstream.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { measureRateLimits } from '../metrics/rate-limits.ts'
import { createHealth } from '../process/health.ts'
import { openRateLimits } from './open.ts'

alsoOnDenoAndNode(import.meta.filename)

const stack = new AsyncDisposableStack()
afterAll(() => stack.disposeAsync())

/** The limiter reads the time from `Date.now`. */
const realNow = Date.now
let nowMs = 0
beforeEach(() => {
  nowMs = realNow()
  Date.now = () => nowMs
})
afterEach(() => {
  Date.now = realNow
})

const rates = {
  calls: { count: 2, seconds: 60 },
  streams: { count: 2, seconds: 60 },
  writes: { count: 2, seconds: 60 },
}
const loopback = createAddressList(['127.0.0.0/8'])
const record = { recordId: '1', recordType: 'movie' }
const rating = { ...record, userId: 'ann', value: 4 }
const prefix = '/services/rating'

type Base = Awaited<ReturnType<typeof createBase>>

async function createBase() {
  const metrics = createMetrics()
  const rateLimits = await openRateLimits(rates)
  measureRateLimits(metrics, rateLimits)
  const health = createHealth(new AbortController().signal)
  return { log: pino({ level: 'silent' }), metrics, health, rateLimits, trustedProxies: loopback }
}

/** Starts a rating service with rate limits, behind proxies at loopback. */
async function startRating(options?: Partial<AppOptions>) {
  const base = await createBase()
  const app = createApp('rating', { ...base, ...options })
  mountConnect(
    app,
    (router) =>
      router.service(RatingService, {
        getAggregatedRating: () => ({ aggregatedRating: record }),
        putRating: () => ({}),
        async *watchAggregatedRatings() {
          yield { aggregatedRating: record }
        },
      }),
    app.rpcOptions,
  )
  const { getAggregatedRating, putRating } = RatingService.method
  app.access.addRoute('/rating', { GET: getAggregatedRating, PUT: putRating })
  app.on(['GET', 'PUT'], '/rating', (c) => c.json({}))
  return start(app, base)
}

/** Starts a gateway with rate limits to a rating without any. */
async function startGateway() {
  const upstreamRating = await startRating({ rateLimits: undefined })
  const registry = createStaticRegistry({ addresses: { rating: [upstreamRating.url] } })
  const upstream = stack.use(await openUpstream(registry, 'rating'))
  const base = await createBase()
  const app = createApp('movie', base)
  const services = [RatingService]
  const { streams } = app.rpcOptions
  const { access } = app
  const forwarding = { path: prefix, service: 'rating', drain: undefined }
  addForwarding(app, { ...forwarding, upstream, services, streams, access })
  const { url, ...started } = await start(app, base)
  return { ...started, url: url + prefix }
}

async function start(app: ServiceApp, { log, metrics }: Base) {
  const { url } = stack.use(await serve({ app, port: 0, log, limits: { drainTimeoutMs: 1 } }))
  return { url, metrics: () => metrics.registry.metrics() }
}

type Class = keyof typeof rates
/** Makes one call of a class. Rejects with a `ConnectError` when it fails. */
type Attempt = (url: string, headers: HeadersInit, of: Class) => Promise<unknown>

function by(transportTo: (baseUrl: string) => Transport): Attempt {
  return async (url, headers, of) => {
    const client = createClient(RatingService, transportTo(url))
    const options = { headers }
    if (of === 'calls') return client.getAggregatedRating(record, options)
    if (of === 'streams')
      return Array.fromAsync(client.watchAggregatedRatings({ records: [record] }, options))
    return client.putRating(rating, options)
  }
}

const protocols: Readonly<Record<string, Attempt>> = {
  grpc: by((baseUrl) => {
    const pool = createSessionPool(new URL(baseUrl).origin, { context: createHttp2Context() })
    stack.defer(() => pool.close())
    return createGrpcTransport(baseUrl, pool)
  }),
  'grpc-web': by((baseUrl) => createGrpcWebTransport({ baseUrl })),
  connect: by((baseUrl) => createConnectTransport({ baseUrl })),
  'connect-get': by((baseUrl) => createConnectTransport({ baseUrl, useHttpGet: true })),
  async rest(url, headers, of) {
    const method = of === 'writes' ? 'PUT' : 'GET'
    const response = await fetch(`${url}/rating`, { method, headers })
    const { code, message, details } = await response.json()
    if (response.ok) return
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '60'])
    expect(code).toBe('resource_exhausted')
    const error = new ConnectError(message, Code.ResourceExhausted)
    error.details = details.map(({ type, value }: { type: string; value: string }) => ({
      type,
      value: new Uint8Array(Buffer.from(value, 'base64')),
    }))
    throw error
  },
}

const places = { service: startRating, gateway: startGateway }
const cells = Object.keys(places).flatMap((place) =>
  Object.keys(protocols).flatMap((protocol) =>
    (Object.keys(rates) as Class[]).map((of) => [place as 'service', protocol, of] as const),
  ),
)
const served = cells.filter(([place, protocol, of]) => {
  if (protocol === 'rest') return place === 'service' && of !== 'streams'
  return protocol !== 'connect-get' || of === 'calls'
})

test.each(served)('at a %s by %s, one client is limited in its %s', async (place, name, of) => {
  const { url, metrics } = await places[place]()
  const attempt = (address: string) =>
    (protocols[name] as Attempt)(url, { 'x-forwarded-for': address }, of)
  await attempt('192.0.2.1')
  await attempt('192.0.2.1')
  const error = await failureOf(attempt('192.0.2.1'))
  expect([error.code, error.rawMessage]).toEqual([
    Code.ResourceExhausted,
    `more than 2 ${of} in 60 s: call again in 60000 ms`,
  ])
  // `RetryInfo { retry_delay { seconds: 60 } }`.
  const value = new Uint8Array([0x0a, 2, 8, 60])
  const info = { type: 'google.rpc.ErrorInfo' }
  expect(error.details).toMatchObject([{ type: 'google.rpc.RetryInfo', value }, info])
  const [{ reason, domain, metadata } = {}] = error.findDetails(ErrorInfoSchema)
  expect([reason, domain]).toEqual(['RATE_LIMITED', 'marquee'])
  expect(metadata).toEqual({ limit: of, count: '2', seconds: '60' })
  if (name === 'grpc') expect(error.metadata.get('grpc-retry-pushback-ms')).toBe('60000')
  await attempt('192.0.2.2')
  nowMs += 60_000
  await attempt('192.0.2.1')
  expect(await metrics()).toContain(`marquee_rate_limit_refused_total{class="${of}"} 1`)
  expect(await metrics()).toContain(`marquee_rate_limit_clients{class="${of}"} 2`)
})

const getPath =
  '/rating.v1.RatingService/GetAggregatedRating?encoding=json&message=%7B%22recordId%22:%221%22,%22recordType%22:%22movie%22%7D'

describe('responses by HTTP', () => {
  test.each(['/rating', getPath])('say what the client has left: %s', async (path) => {
    const { url } = await startRating()
    const headers: (string | null)[][] = []
    for (let count = 0; count < 3; count++) {
      const response = await fetch(url + path)
      headers.push(
        ['ratelimit', 'ratelimit-policy', 'retry-after'].map((one) => response.headers.get(one)),
      )
      nowMs += 10_000
    }
    const policy = '"calls";q=2;w=60'
    expect(headers).toEqual([
      ['"calls";r=1;t=60', policy, null],
      ['"calls";r=0;t=50', policy, null],
      ['"calls";r=0;t=40', policy, '40'],
    ])
  })
})

const verifier = {
  verify: async (token: string) => ({ subject: token, roles: new Set([token]), token }),
  [Symbol.dispose]() {},
}
const auth = { verifier, hasAdminPort: false }

test('a user is limited across addresses, and apart from others at the same address', async () => {
  const { url } = await startRating({ auth })
  const status = async (user: string, address: string) => {
    const headers = { authorization: `Bearer ${user}`, 'x-forwarded-for': address }
    return (await fetch(`${url}/rating`, { method: 'PUT', headers })).status
  }
  expect(await status('ann', '192.0.2.1')).toBe(200)
  expect(await status('ann', '192.0.2.2')).toBe(200)
  expect(await status('ann', '192.0.2.3')).toBe(429)
  expect(await status('bob', '192.0.2.3')).toBe(200)
})

test('verified services are not limited', async () => {
  const { url } = await startRating({ auth })
  for (let count = 0; count < 5; count++) {
    const headers = { 'service-authorization': 'Bearer service' }
    expect((await fetch(`${url}/rating`, { headers })).status).toBe(200)
  }
})

test.each(['x-forwarded-for', 'forwarded'] as const)(
  'an untrusted client cannot call as another by %s',
  async (forwardedHeader) => {
    const { url } = await startRating({ trustedProxies: undefined, forwardedHeader })
    const statuses: number[] = []
    for (const last of [1, 2, 3]) {
      const address = `192.0.2.${last}`
      const headers = { 'x-forwarded-for': address, forwarded: `for=${address}` }
      statuses.push((await fetch(`${url}/rating`, { headers })).status)
    }
    expect(statuses).toEqual([200, 200, 429])
  },
)

test('probes, health and metrics are not limited', async () => {
  const { url } = await startRating()
  const health = '/grpc.health.v1.Health/Check'
  for (const path of ['/livez', '/readyz', '/metrics', health]) {
    const init =
      path === health
        ? { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }
        : {}
    for (let count = 0; count < 5; count++) {
      const response = await fetch(url + path, init)
      expect([path, response.status]).toEqual([path, 200])
      await response.body?.cancel()
    }
  }
})

test('the body of a refused call is not read', async () => {
  const { url } = await startRating()
  const put = (body: BodyInit) =>
    fetch(`${url}/rating.v1.RatingService/PutRating`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
  const good = JSON.stringify(rating)
  expect([(await put(good)).status, (await put(good)).status]).toEqual([200, 200])
  expect((await put('this is no JSON')).status).toBe(429)
})
