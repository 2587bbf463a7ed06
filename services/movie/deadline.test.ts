import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { once } from 'node:events'
import { connect } from 'node:http2'
import { type Client, Code, ConnectError, createClient, type Transport } from '@connectrpc/connect'
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web'
import { mountConnect } from '@marquee/connect-hono/mount'
import { createServiceTransport } from '@marquee/grpc-transport/service-transport'
import { serve } from '@marquee/http/server/serve'
import { createApp } from '@marquee/service/app'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { failureOf } from '@marquee/testing/failure-of'
import { freePorts } from '@marquee/testing/free-ports'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { envelope } from '@marquee/testing/rating-calls'
import { waitFor } from '@marquee/testing/wait-for'
import { pino } from 'pino'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { MovieService, ListMoviesRequest_Order as Order } from '../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { createStaticRegistry } from '../../packages/registry/static/static.ts'
import { createMovieApp } from './service.ts'
import { createMetadataSource, createRatingSource } from './upstream.ts'

alsoOnDenoAndNode(import.meta.filename)

const stack = new AsyncDisposableStack()
afterAll(() => stack.disposeAsync())

const never = () => new Promise<never>(() => {})
const lines: { reason?: string; code?: string }[] = []
const createBase = () => ({
  log: pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) }),
  metrics: createMetrics(),
  health: createHealth(new AbortController().signal),
})

/** Starts metadata and rating whose calls do not end by themselves. */
async function startSilent(): Promise<string> {
  const base = createBase()
  const app = createApp('silent', base)
  mountConnect(
    app,
    (router) =>
      router
        .service(MetadataService, {
          getMetadata: never,
          listMetadata: never,
          batchGetMetadata: never,
        })
        .service(RatingService, { getAggregatedRating: never }),
    app.rpcOptions,
  )
  const { url } = stack.use(await serve({ app, port: 0, log: base.log }))
  return url
}

/** Starts the movie service in front of it. */
async function startMovie(upstreamUrl: string): Promise<string> {
  const base = createBase()
  const addresses = { metadata: [upstreamUrl], rating: [upstreamUrl] }
  const registry = createStaticRegistry({ addresses })
  const open = async (service: string) =>
    stack.use(await createServiceTransport({ resolver: registry, service }))
  const app = createMovieApp({
    ...base,
    sources: {
      metadata: createMetadataSource(await open('metadata')),
      ratings: createRatingSource(await open('rating')),
    },
  })
  const { url } = stack.use(await serve({ app, port: 0, log: base.log }))
  return url
}

const calls: Record<string, (client: Client<typeof MovieService>, options: object) => unknown> = {
  GetMovieDetails: (client, options) => client.getMovieDetails({ movieId: 'a' }, options),
  'ListMovies by title': (client, options) => client.listMovies({ order: Order.TITLE }, options),
  'ListMovies by rating': (client, options) =>
    client.listMovies({ order: Order.TOP_RATED }, options),
  WatchMovieDetails: (client, options) =>
    Array.fromAsync(client.watchMovieDetails({ movieId: 'a' }, options)),
}

const transports: Record<string, (url: string) => Transport> = {
  'gRPC-Web': (baseUrl) => createGrpcWebTransport({ baseUrl }),
  Connect: (baseUrl) => createConnectTransport({ baseUrl }),
}

let silent = ''
let unreachable = ''
beforeAll(async () => {
  silent = await startMovie(await startSilent())
  const [port] = await freePorts(1)
  unreachable = await startMovie(`http://127.0.0.1:${port}`)
})

describe.each(Object.entries(transports))('by %s', (_, transportTo) => {
  test.each(Object.entries(calls))(
    '%s whose time is over is DEADLINE_EXCEEDED, whatever its upstreams do',
    async (__, call) => {
      const client = createClient(MovieService, transportTo(silent))
      for (const timeout of [1, 1, 1, 2, 5, 20, 50]) {
        const error = await failureOf(withDeadline(call, client, timeout))
        expect(error.code).toBe(Code.DeadlineExceeded)
      }
    },
  )
})

/**
 * Headers with the deadline: a client with a timeout of its own would not receive the error of the
 * server.
 */
async function withDeadline(
  call: (client: Client<typeof MovieService>, options: object) => unknown,
  client: Client<typeof MovieService>,
  timeoutMs: number,
): Promise<unknown> {
  const headers = { 'connect-timeout-ms': String(timeoutMs), 'grpc-timeout': `${timeoutMs}m` }
  return call(client, { headers })
}

test.each(['GetMovieDetails', 'ListMovies', 'WatchMovieDetails'])(
  'by gRPC %s whose time is over is DEADLINE_EXCEEDED, whatever its upstreams do',
  async (method) => {
    for (const timeout of ['100u', '1m', '20m']) {
      const fields = await callByGrpc(`${silent}/movie.v1.MovieService/${method}`, timeout)
      expect(fields['grpc-status']).toBe(String(Code.DeadlineExceeded))
    }
  },
)

/** Makes a call without a client timeout, and returns its trailers. */
async function callByGrpc(url: string, timeout: string): Promise<Record<string, unknown>> {
  const { origin, pathname } = new URL(url)
  const session = connect(origin)
  try {
    const stream = session.request({
      ':method': 'POST',
      ':path': pathname,
      'content-type': 'application/grpc',
      'grpc-timeout': timeout,
      te: 'trailers',
    })
    const trailers = once(stream, 'trailers')
    stream.resume()
    stream.end(envelope(pathname.endsWith('/ListMovies') ? Buffer.of() : Buffer.of(10, 1, 97)))
    const [fields] = await trailers
    return fields
  } finally {
    session.destroy()
  }
}

test.each(['GetMovieDetails', 'ListMovies'])(
  'a deadline of a millisecond is 504 by Connect, as often as it passes: %s',
  async (method) => {
    const statuses = await Promise.all(
      Array.from({ length: 30 }, async () => {
        const response = await fetch(`${silent}/movie.v1.MovieService/${method}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'connect-timeout-ms': '1' },
          body: JSON.stringify(method === 'ListMovies' ? {} : { movieId: 'a' }),
        })
        return [response.status, (await response.json()).code]
      }),
    )
    expect(statuses).toEqual(Array.from({ length: 30 }, () => [504, 'deadline_exceeded']))
  },
)

test.each(Object.entries(calls))(
  '%s without an upstream is UNAVAILABLE, and the log alone says where it should be',
  async (_, call) => {
    const client = createClient(MovieService, createConnectTransport({ baseUrl: unreachable }))
    lines.length = 0
    const error = await failureOf(Promise.resolve(call(client, {})))
    expect(error.code).toBe(Code.Unavailable)
    expect(error.message).not.toMatch(/127\.0\.0\.1|localhost|ECONN/)
    expect(lines.map(({ reason }) => reason).join()).toContain('cannot reach http://127.0.0.1:')
  },
)

test('a caller that leaves cancels its call', async () => {
  lines.length = 0
  const client = createClient(MovieService, createConnectTransport({ baseUrl: silent }))
  const leaving = new AbortController()
  const call = client.listMovies({}, { signal: leaving.signal }).catch(ConnectError.from)
  setTimeout(() => leaving.abort(), 50)
  expect(await call).toMatchObject({ code: Code.Canceled })
  await waitFor(() => lines.some(({ code }) => code === 'canceled'), { what: 'the log line' })
})
