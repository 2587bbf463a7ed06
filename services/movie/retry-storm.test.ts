import { afterAll, expect, test } from 'bun:test'
import { type AddressInfo, createServer } from 'node:net'
import { Code, ConnectError } from '@connectrpc/connect'
import { mountConnect } from '@marquee/connect-hono/mount'
import { createServiceTransport } from '@marquee/grpc-transport/service-transport'
import { serve } from '@marquee/http/server/serve'
import { createApp } from '@marquee/service/app'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { pino } from 'pino'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { createStaticRegistry } from '../../packages/registry/static/static.ts'
import { createMovieApp } from './service.ts'
import { createMetadataSource, createRatingSource } from './upstream.ts'

alsoOnDenoAndNode(import.meta.filename)

const stack = new AsyncDisposableStack()
afterAll(() => stack.disposeAsync())

const requestCount = 240
const createBase = () => ({
  log: pino({ level: 'silent' }),
  metrics: createMetrics(),
  health: createHealth(new AbortController().signal),
})

/** A rating service that fails, with the number of calls or connections that reached it. */
interface Failing {
  readonly url: string
  readonly count: () => number
  fail(): void
}

/** Starts metadata, and a rating whose calls are UNAVAILABLE from `fail` on. */
async function startUnavailable(): Promise<Failing> {
  let count = 0
  let isFailing = false
  const base = createBase()
  const app = createApp('upstream', base)
  const rate = () => {
    if (!isFailing) return {}
    count++
    throw new ConnectError('the store is down', Code.Unavailable)
  }
  mountConnect(
    app,
    (router) =>
      router
        .service(MetadataService, { getMetadata: ({ movieId: id }) => ({ metadata: { id } }) })
        .service(RatingService, { getAggregatedRating: rate }),
    app.rpcOptions,
  )
  const { url } = stack.use(await serve({ app, port: 0, log: base.log }))
  return {
    url,
    count: () => count,
    fail() {
      isFailing = true
    },
  }
}

/** Starts a port that closes each connection at once, so that nothing can be sent. */
async function startClosing(): Promise<Failing> {
  let count = 0
  const server = createServer((socket) => {
    count++
    socket.on('error', () => {}).destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stack.defer(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, count: () => count, fail() {} }
}

async function startMovie(metadata: string, rating: readonly string[]) {
  const resolver = createStaticRegistry({ addresses: { metadata: [metadata], rating } })
  const open = async (service: string) =>
    stack.use(await createServiceTransport({ resolver, service }))
  return createMovieApp({
    ...createBase(),
    sources: {
      metadata: createMetadataSource(await open('metadata')),
      ratings: createRatingSource(await open('rating')),
    },
  })
}

/** Requests different movies, so many at once. */
async function load(app: Awaited<ReturnType<typeof startMovie>>, count: number, atOnce: number) {
  const statuses = new Set<unknown>()
  let next = 0
  const run = async () => {
    while (next < count) {
      const response = await app.request(`/movie?id=${next++}`)
      statuses.add((await response.json()).ratingStatus)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, run))
  return [...statuses]
}

test.each([
  ['is UNAVAILABLE from the start', startUnavailable, 0, 1],
  ['is UNAVAILABLE after 500 good responses', startUnavailable, 500, 1],
  ['is UNAVAILABLE, to 20 requests at once', startUnavailable, 0, 20],
  ['is UNAVAILABLE after 500 good responses, to 20 requests at once', startUnavailable, 500, 20],
  ['closes each connection', startClosing, 0, 1],
  ['closes each connection of 20 requests at once', startClosing, 0, 20],
] as const)('a rating that %s gets under 1.2 calls per request', async (_, start, goodCount, n) => {
  const { url } = await startUnavailable()
  for (const instanceCount of [1, 3]) {
    const ratings = await Promise.all(Array.from({ length: instanceCount }, start))
    const app = await startMovie(
      url,
      ratings.map((rating) => rating.url),
    )
    await load(app, goodCount, n)
    for (const rating of ratings) rating.fail()
    expect(await load(app, requestCount, n)).toEqual(['RATING_STATUS_UNAVAILABLE'])
    const count = ratings.reduce((sum, rating) => sum + rating.count(), 0)
    expect(count).toBeLessThan(1.2 * requestCount)
  }
})
