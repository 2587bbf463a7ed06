import { expect, test } from 'bun:test'
import type { Principal } from '@marquee/connect-hono/call'
import { mountConnect } from '@marquee/connect-hono/mount'
import { appOrigin } from '@marquee/testing/app-transport'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { pino } from 'pino'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { createApp, type ServiceApp } from './app.ts'
import { openRateLimits } from './limits/open.ts'
import { createMetrics } from './metrics/metrics.ts'
import { createHealth } from './process/health.ts'
import { refuseMethod } from './rest/rest.ts'

alsoOnDenoAndNode(import.meta.filename)

const problem = 'application/problem+json'
const user: Principal = { subject: 'ann', roles: new Set(['user']), token: 'abc' }

/** A rating service that lets each client write once, and knows `ann` alone. */
async function createLimited() {
  const app = createApp('rating', {
    log: pino({ level: 'silent' }),
    metrics: createMetrics(),
    health: createHealth(new AbortController().signal),
    rateLimits: await openRateLimits({ writes: { count: 1, seconds: 60 } }),
    hosts: { accepts: (authority) => authority !== 'other.test' },
    corsOrigins: ['https://page.test'],
    auth: { hasAdminPort: false, verifier: { verify: () => user, [Symbol.dispose]() {} } },
  })
  mountConnect(
    app,
    (router) => router.service(RatingService, { putRating: () => ({}) }),
    app.rpcOptions,
  )
  app.access.addRoute('/old', { GET: RatingService.method.getAggregatedRating })
  app.get('/old', () => {
    throw new Error('the handler failed')
  })
  app.all('/old', refuseMethod('GET, HEAD'))
  return app
}

interface Refusal {
  readonly when: string
  /** Method and URL, of the service itself unless it names a host. */
  readonly request: string
  readonly headers?: Record<string, string>
  readonly status: number
  readonly title: string
  readonly reason?: string
}

const rating = '/v1/movies/1/ratings/ann'
const token = { authorization: 'Bearer abc' }

/** Each is written by another part, most of them before a route is known. */
const refusals: readonly Refusal[] = [
  {
    ...{ when: 'a token is missing', request: `PUT ${rating}`, reason: 'TOKEN_MISSING' },
    ...{ status: 401, title: 'Unauthorized' },
  },
  {
    ...{ when: 'a role is missing', request: 'DELETE /v1/movies/1/ratings', headers: token },
    ...{ status: 403, title: 'Forbidden', reason: 'ROLE_MISSING' },
  },
  {
    ...{ when: 'nothing is there', request: 'GET /none', reason: 'METHOD_UNKNOWN' },
    ...{ status: 404, title: 'Not Found' },
  },
  {
    ...{ when: 'a route lacks the method', request: 'PUT /old' },
    ...{ status: 405, title: 'Method Not Allowed' },
  },
  {
    ...{ when: 'a path of RPCs lacks the method', request: `PATCH ${rating}`, headers: token },
    ...{ status: 405, title: 'Method Not Allowed', reason: 'HTTP_METHOD_UNSUPPORTED' },
  },
  {
    ...{ when: 'a condition is not supported', request: 'DELETE /v1/users/ann' },
    headers: { ...token, 'if-match': '"a"' },
    ...{ status: 412, title: 'Precondition Failed', reason: 'CONDITION_UNSUPPORTED' },
  },
  {
    ...{ when: 'the body is too large', request: `PUT ${rating}` },
    headers: { ...token, 'content-type': 'application/json', 'content-length': '99999999' },
    ...{ status: 413, title: 'Content Too Large', reason: 'MESSAGE_TOO_LARGE' },
  },
  {
    ...{ when: 'the host is another', request: 'GET http://other.test/old' },
    ...{ status: 421, title: 'Misdirected Request', reason: 'HOST_UNKNOWN' },
  },
  {
    ...{ when: 'a handler fails', request: 'GET /old' },
    ...{ status: 500, title: 'Internal Server Error' },
  },
]

test.each(refusals)('a client that accepts problems gets one when $when', async (refusal) => {
  const { request, headers, status, title, reason } = refusal
  const app = await createLimited()
  const response = await send(app, request, { ...headers, accept: problem })
  expect([response.status, response.headers.get('content-type')]).toEqual([status, problem])
  expect(response.headers.get('vary')?.toLowerCase()).toContain('accept')
  expect(await response.json()).toMatchObject({ title, status, ...(reason && { reason }) })
  const plain = await send(await createLimited(), request, { ...headers, accept: '*/*' })
  expect([plain.status, plain.headers.get('content-type')]).toEqual([status, 'application/json'])
})

test('a problem says when the client may call again', async () => {
  const app = await createLimited()
  const headers = { ...token, accept: problem, origin: 'https://page.test' }
  expect((await send(app, 'DELETE /v1/users/ann', headers)).status).not.toBe(429)
  const response = await send(app, 'DELETE /v1/users/ann', headers)
  expect([response.status, response.headers.get('content-type')]).toEqual([429, problem])
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await response.json()).toMatchObject({
    ...{ title: 'Too Many Requests', status: 429, code: 'resource_exhausted' },
    ...{ reason: 'RATE_LIMITED', metadata: { limit: 'writes', count: '1' } },
  })
  // The response depends on both.
  const vary = response.headers.get('vary')?.toLowerCase()
  expect([vary?.includes('accept'), vary?.includes('origin')]).toEqual([true, true])
})

async function send(
  app: ServiceApp,
  request: string,
  headers: Record<string, string>,
): Promise<Response> {
  const [method = '', target = ''] = request.split(' ')
  const url = new URL(target, appOrigin)
  const body = method === 'PUT' ? '{}' : undefined
  return app.fetch(new Request(url, { method, headers, body }))
}
