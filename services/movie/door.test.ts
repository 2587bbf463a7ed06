import { describe, expect, test } from 'bun:test'
import { Code, ConnectError, createClient, type ServiceImpl } from '@connectrpc/connect'
import { ErrorInfoSchema } from '@marquee/connect-hono/gen/google/rpc/error_details_pb'
import { Health } from '@marquee/connect-hono/gen/grpc/health/v1/health_pb'
import { ServerReflection } from '@marquee/connect-hono/gen/grpc/reflection/v1/reflection_pb'
import { mountConnect } from '@marquee/connect-hono/mount'
import { serve } from '@marquee/http/server/serve'
import { createApp } from '@marquee/service/app'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { failureOf } from '@marquee/testing/failure-of'
import { gatewayProtocols, openTransports, startInstance } from '@marquee/testing/forwarding'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { pino } from 'pino'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { ActivityService } from '../../gen/system/v1/system_pb.ts'
import { createStaticRegistry } from '../../packages/registry/static/static.ts'
import { openDoor } from './door.ts'
import { createMovieApp } from './service.ts'
import { createMetadataSource, createRatingSource } from './upstream.ts'

alsoOnDenoAndNode(import.meta.filename)

const record = { recordId: '1', recordType: 'movie' }
const rating = { ...record, userId: 'ada', value: 4 }
/** A port on which nothing listens: the discard service. */
const nowhere = 'http://127.0.0.1:9'
/** The call has to arrive before, also on a busy machine. */
const deadlineMs = 1_000
const unreachable = 'the service is currently unavailable: call again later'

describe.each([...gatewayProtocols])(
  "movie's port serves the other services by %s:",
  (protocol) => {
    test('a write, a read, and an error with its details', async () => {
      await using services = await startServices({
        putRating: ({ value }) => ({ aggregatedRating: { ...record, mean: value ?? 0 } }),
      })
      await using movie = await startMovie(services)
      const ratings = createClient(RatingService, movie.transport(protocol))
      expect((await ratings.putRating(rating)).aggregatedRating?.mean).toBe(4)
      const refused = await failureOf(ratings.putRating({ ...rating, recordId: '' }))
      expect(refused.code).toBe(Code.InvalidArgument)
      const [info] = refused.findDetails(ErrorInfoSchema)
      expect([info?.reason, info?.metadata.field]).toEqual(['FIELD_INVALID', 'record_id'])
      const metadata = createClient(MetadataService, movie.transport(protocol))
      const response = await metadata.getMetadata({ movieId: 'a' })
      expect(response.metadata?.title).toBe('The movie a')
    })

    test('calls count as calls to the other service, with their durations', async () => {
      await using services = await startServices({ putRating: () => ({}) })
      await using movie = await startMovie(services)
      const transport = movie.transport(protocol)
      const ratings = createClient(RatingService, transport)
      await ratings.putRating(rating)
      await ratings.putRating(rating)
      const { activity } = await createClient(ActivityService, transport).getActivity({})
      expect(activity?.clientCalls).toMatchObject([
        { target: 'rating', codes: [{ code: 'ok', count: 2n, fault: false }] },
      ])
      const counts = activity?.clientCalls[0]?.durationBuckets ?? []
      expect(counts.reduce((sum, count) => sum + count, 0n)).toBe(2n)
    })

    test('a stream of responses, which the service sees cancelled', async () => {
      const left = Promise.withResolvers<void>()
      await using services = await startServices({
        async *watchAggregatedRatings(_, { signal }) {
          signal.addEventListener('abort', () => left.resolve())
          yield { aggregatedRating: record }
          await left.promise
        },
      })
      await using movie = await startMovie(services)
      const ratings = createClient(RatingService, movie.transport(protocol))
      const leaving = new AbortController()
      const options = { signal: leaving.signal }
      const watch = ratings.watchAggregatedRatings({ records: [record] }, options)
      await failureOf(Array.fromAsync(watch, () => leaving.abort()))
      await left.promise
    })

    test('a deadline that passes', async () => {
      const ended = Promise.withResolvers<void>()
      await using services = await startServices({
        async getRating(_, { signal }) {
          signal.addEventListener('abort', () => ended.resolve())
          await ended.promise
          return { rating }
        },
      })
      await using movie = await startMovie(services)
      const ratings = createClient(RatingService, movie.transport(protocol))
      const failure = await failureOf(ratings.getRating(rating, { timeoutMs: deadlineMs }))
      expect(failure.code).toBe(Code.DeadlineExceeded)
      await ended.promise
    })

    test('UNAVAILABLE while no instance can be reached', async () => {
      await using movie = await startMovie({ rating: [nowhere], metadata: [] })
      const ratings = createClient(RatingService, movie.transport(protocol))
      const unary = await failureOf(ratings.putRating(rating))
      expect([unary.code, unary.rawMessage]).toEqual([Code.Unavailable, unreachable])
      const watch = ratings.watchAggregatedRatings({ records: [record] })
      const stream = await failureOf(Array.fromAsync(watch))
      expect([stream.code, stream.rawMessage]).toEqual([Code.Unavailable, unreachable])
      const metadata = createClient(MetadataService, movie.transport(protocol))
      expect((await failureOf(metadata.getMetadata({ movieId: 'a' }))).code).toBe(Code.Unavailable)
    })
  },
)

test("movie's port takes a stream of requests for another service", async () => {
  await using services = await startServices({
    async importRatings(requests) {
      return { createdCount: BigInt((await Array.fromAsync(requests)).length) }
    },
  })
  await using movie = await startMovie(services)
  const ratings = createClient(RatingService, movie.transport('grpc'))
  const sent = (async function* () {
    yield { rating }
    yield { rating }
  })()
  expect((await ratings.importRatings(sent)).createdCount).toBe(2n)
})

describe("movie's port serves the other services as JSON:", () => {
  const path = '/rating.v1.RatingService/GetAggregatedRating'
  const query = `encoding=json&message=${encodeURIComponent(JSON.stringify(record))}&connect=v1`
  const calls: readonly (readonly [string, string, RequestInit])[] = [
    ['by POST', path, post(record)],
    ['by GET', `${path}?${query}`, {}],
  ]

  test.each(calls)('%s', async (_, target, init) => {
    await using services = await startServices({
      getAggregatedRating: () => ({ aggregatedRating: { ...record, count: 3n } }),
    })
    await using movie = await startMovie(services)
    const response = await fetch(movie.url + target, init)
    expect(await response.json()).toMatchObject({ aggregatedRating: { ...record, count: '3' } })
  })

  test.each(calls)('503 while no instance can be reached, %s', async (_, target, init) => {
    await using movie = await startMovie({ rating: [nowhere], metadata: [] })
    const response = await fetch(movie.url + target, init)
    const body = { code: 'unavailable', message: unreachable, details: unreachableDetails }
    expect([response.status, await response.json()]).toMatchObject([503, body])
  })

  test('503 by REST while no instance can be reached', async () => {
    await using movie = await startMovie({ rating: [nowhere], metadata: [] })
    const response = await fetch(`${movie.url}/v1/movies/1/rating`)
    const body = { code: 'unavailable', message: unreachable, details: unreachableDetails }
    expect([response.status, await response.json()]).toMatchObject([503, body])
  })
})

const unreachableDetails = [
  { type: 'google.rpc.RetryInfo', debug: { retryDelay: '1s' } },
  { type: 'google.rpc.ErrorInfo', debug: { reason: 'SERVICE_UNREACHABLE', domain: 'marquee' } },
]

test("reflection and health of movie's port list what it serves", async () => {
  await using movie = await startMovie({ rating: [], metadata: [nowhere] })
  const transport = movie.transport('grpc')
  const list = { messageRequest: { case: 'listServices' as const, value: '' } }
  const requests = (async function* () {
    yield list
  })()
  const reflection = createClient(ServerReflection, transport).serverReflectionInfo(requests)
  const [listed] = await Array.fromAsync(reflection)
  const { case: kind, value } = listed?.messageResponse ?? {}
  const names = kind === 'listServicesResponse' ? value?.service.map(({ name }) => name) : []
  expect(names?.filter((name) => !name.startsWith('grpc.')).sort()).toEqual([
    'metadata.v1.MetadataService',
    'movie.v1.MovieService',
    'rating.v1.RatingService',
    'system.v1.ActivityService',
    'system.v1.DeadLetterService',
    'system.v1.SystemService',
  ])
  const { statuses } = await createClient(Health, transport).list({})
  const byName = Object.entries(statuses).map(([name, { status }]) => [name, status])
  // 1 is SERVING, and 2 NOT_SERVING: no instance of rating is known.
  expect(Object.fromEntries(byName)).toMatchObject({
    '': 1,
    'movie.v1.MovieService': 1,
    'metadata.v1.MetadataService': 1,
    'rating.v1.RatingService': 2,
    'system.v1.DeadLetterService': 2,
  })
})

function post(body: unknown): RequestInit {
  const headers = { 'content-type': 'application/json' }
  return { method: 'POST', headers, body: JSON.stringify(body) }
}

interface Addresses {
  readonly metadata: readonly string[]
  readonly rating: readonly string[]
}

/** Starts a metadata service that knows every movie, and a rating service. */
async function startServices(implementation: Partial<ServiceImpl<typeof RatingService>>) {
  await using stack = new AsyncDisposableStack()
  const rating = stack.use(await startInstance(implementation))
  const base = createBase()
  const app = createApp('metadata', base)
  const getMetadata: ServiceImpl<typeof MetadataService>['getMetadata'] = ({ movieId }) => {
    if (movieId === '') throw new ConnectError('no id', Code.InvalidArgument)
    return { metadata: { id: movieId, title: `The movie ${movieId}` } }
  }
  mountConnect(app, (router) => router.service(MetadataService, { getMetadata }), app.rpcOptions)
  const { log } = base
  const metadata = stack.use(await serve({ app, port: 0, log, limits: { drainTimeoutMs: 1 } }))
  const started = stack.move()
  return {
    metadata: [metadata.url],
    rating: [rating.url],
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

/** Starts a movie service, whose own RPCs are not called, with clients of its port. */
async function startMovie({ metadata, rating }: Addresses) {
  await using stack = new AsyncDisposableStack()
  const base = createBase()
  const registry = createStaticRegistry({ addresses: { metadata, rating } })
  const nobody = { unary: refuse, stream: refuse }
  const sources = { metadata: createMetadataSource(nobody), ratings: createRatingSource(nobody) }
  const app = createMovieApp({ ...base, sources, door: stack.use(await openDoor(registry)) })
  const { log } = base
  const { url } = stack.use(await serve({ app, port: 0, log, limits: { drainTimeoutMs: 1 } }))
  const { transport } = stack.use(openTransports(url))
  const started = stack.move()
  return { url, transport, [Symbol.asyncDispose]: () => started.disposeAsync() }
}

async function refuse(): Promise<never> {
  throw new ConnectError("movie's own calls are not tested here", Code.Internal)
}

function createBase() {
  const health = createHealth(new AbortController().signal)
  return { log: pino({ level: 'silent' }), metrics: createMetrics(), health }
}
