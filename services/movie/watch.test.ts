import { expect, test } from 'bun:test'
import { Code, ConnectError, createClient, createRouterTransport } from '@connectrpc/connect'
import { ShutdownError } from '@marquee/connect-hono/errors/shutdown-error'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { createAppTransport } from '@marquee/testing/app-transport'
import { waitFor } from '@marquee/testing/wait-for'
import { pino } from 'pino'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { type MovieDetails, MovieService, RatingStatus } from '../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { createMovieApp } from './service.ts'
import { createMetadataSource, createRatingSource } from './upstream.ts'

const { RATED, NOT_RATED, UNAVAILABLE } = RatingStatus

test('a watch yields the details, and again after each change of the rating', async () => {
  await using bench = setUp()
  const watch = bench.watch('alien')
  bench.ratings.push(0n)
  const first = await watch.next()
  expect(first).toMatchObject({ metadata: { id: 'alien' }, ratingStatus: NOT_RATED })
  expect(first?.rating).toBeUndefined()
  bench.ratings.push(1n)
  const rated = { metadata: { id: 'alien' }, ratingStatus: RATED }
  expect(await watch.next()).toMatchObject({ ...rated, rating: { count: 1n } })
  bench.ratings.push(2n)
  expect(await watch.next()).toMatchObject({ ...rated, rating: { count: 2n } })
})

test('a watch reports once that the rating is unavailable, and continues when it is back', async () => {
  await using bench = setUp()
  const watch = bench.watch('alien')
  bench.ratings.push(1n)
  expect(await watch.next()).toMatchObject({ ratingStatus: RATED })
  bench.ratings.breakDown()
  const unavailable = await watch.next()
  expect(unavailable).toMatchObject({ metadata: { id: 'alien' }, ratingStatus: UNAVAILABLE })
  expect(unavailable?.rating).toBeUndefined()
  const refusedBefore = bench.ratings.refusedCount()
  const next = watch.next()
  await waitFor(() => bench.ratings.refusedCount() >= refusedBefore + 2, { what: 'two more tries' })
  bench.ratings.repair()
  bench.ratings.push(2n)
  expect(await next).toMatchObject({ ratingStatus: RATED, rating: { count: 2n } })
})

test('a watch does not report a loss that the next try repairs', async () => {
  await using bench = setUp()
  const watch = bench.watch('alien')
  bench.ratings.push(1n)
  expect(await watch.next()).toMatchObject({ ratingStatus: RATED })
  bench.ratings.loseOne()
  bench.ratings.push(2n)
  expect(await watch.next()).toMatchObject({ ratingStatus: RATED, rating: { count: 2n } })
})

test('a watch reports a loss when the next try is late', async () => {
  await using bench = setUp()
  const watch = bench.watch('alien')
  bench.ratings.push(1n)
  await watch.next()
  bench.ratings.loseOne()
  expect(await watch.next()).toMatchObject({ ratingStatus: UNAVAILABLE })
  bench.ratings.push(2n)
  expect(await watch.next()).toMatchObject({ ratingStatus: RATED, rating: { count: 2n } })
})

test('a watch reports a second loss soon after the first one, and retries slowly', async () => {
  await using bench = setUp()
  const watch = bench.watch('alien')
  for (const count of [1n, 2n]) {
    bench.ratings.push(count)
    expect(await watch.next()).toMatchObject({ ratingStatus: RATED, rating: { count } })
    bench.ratings.loseOne()
  }
  expect(await watch.next()).toMatchObject({ ratingStatus: UNAVAILABLE })
})

test('a watch that starts while rating is down reports it, and waits', async () => {
  await using bench = setUp()
  bench.ratings.breakDown()
  const watch = bench.watch('alien')
  expect(await watch.next()).toMatchObject({ ratingStatus: UNAVAILABLE })
  bench.ratings.repair()
  bench.ratings.push(0n)
  expect(await watch.next()).toMatchObject({ ratingStatus: NOT_RATED })
})

test('a watch reports the rating as unavailable while rating does not respond, and continues', async () => {
  await using bench = setUp()
  const watch = bench.watch('alien')
  expect(await watch.next()).toMatchObject({ ratingStatus: UNAVAILABLE })
  bench.ratings.push(1n)
  expect(await watch.next()).toMatchObject({ ratingStatus: RATED })
})

test('a watch of an unknown movie is NOT_FOUND, and one without metadata UNAVAILABLE', async () => {
  await using bench = setUp()
  const absent = await bench.watch('nobody').next().catch(ConnectError.from)
  expect(absent).toMatchObject({ code: Code.NotFound })
  const down = await bench.watch('down').next().catch(ConnectError.from)
  expect(down).toMatchObject({ code: Code.Unavailable })
})

test('a client that leaves a watch ends it at the rating service too', async () => {
  await using bench = setUp()
  const watch = bench.watch('alien')
  bench.ratings.push(1n)
  await watch.next()
  expect(bench.ratings.openCount()).toBe(1)
  watch.close()
  await waitFor(() => bench.ratings.openCount() === 0, { what: 'the upstream watch to end' })
})

test('a movie with many viewers is watched once at the rating service, even after a loss', async () => {
  await using bench = setUp()
  const watches = Array.from({ length: 100 }, () => bench.watch('alien'))
  const nextOfAll = () => Promise.all(watches.map((watch) => watch.next()))
  const firsts = nextOfAll()
  bench.ratings.push(1n)
  for (const first of await firsts) expect(first).toMatchObject({ rating: { count: 1n } })
  expect(bench.ratings.openedCount()).toBe(1)
  const seconds = nextOfAll()
  bench.ratings.loseOne()
  bench.ratings.push(2n)
  for (const second of await seconds) expect(second).toMatchObject({ rating: { count: 2n } })
  expect(bench.ratings.openedCount()).toBe(2)
})

test('a message that the rating service repeats is not yielded again', async () => {
  await using bench = setUp()
  const watch = bench.watch('alien')
  for (const count of [1n, 1n, 1n, 2n]) bench.ratings.push(count)
  const counts: unknown[] = []
  while (counts.at(-1) !== 2n) counts.push((await watch.next())?.rating?.count)
  expect(counts.filter((count) => count === 1n).length).toBeLessThanOrEqual(1)
})

test('a watch ends with UNAVAILABLE when the service shuts down', async () => {
  await using bench = setUp()
  const watch = bench.watch('alien')
  bench.ratings.push(1n)
  await watch.next()
  const ended = watch.next().catch(ConnectError.from)
  bench.drain()
  expect(await ended).toMatchObject({ code: Code.Unavailable })
})

test('a watch by REST has an event for each change of the rating, and leaving ends it', async () => {
  await using bench = setUp()
  const leaving = new AbortController()
  const headers = { accept: 'text/event-stream' }
  const url = 'http://app.test/movie/watch?id=alien'
  bench.ratings.push(1n)
  const response = await bench.app.fetch(new Request(url, { headers, signal: leaving.signal }))
  expect([response.status, response.headers.get('content-type')]).toEqual([200, headers.accept])
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  const next = async () => (await reader?.read())?.value
  expect(await next()).toMatch(/event: movie\ndata: {"movieDetails":.*"count":"1".*}\n\n$/)
  bench.ratings.push(2n)
  expect(await next()).toMatch(/^id: 0\nevent: movie\ndata: {"movieDetails":.*"count":"2".*}\n\n$/)
  leaving.abort()
  await waitFor(() => bench.ratings.openCount() === 0, { what: 'the upstream watch to end' })
})

test.each([
  ['nobody', 404],
  ['down', 503],
  ['', 400],
])('a watch by REST of the movie %p has the status %p', async (id, status) => {
  await using bench = setUp()
  const response = await bench.app.request(`/movie/watch?id=${id}`)
  expect(response.status).toBe(status)
})

function setUp() {
  const draining = new AbortController()
  const closing = new AbortController()
  const ratings = createRatingWatches()
  const upstream = createRouterTransport((router) => {
    router.service(MetadataService, {
      getMetadata({ movieId }) {
        if (movieId === 'nobody') throw new ConnectError('unknown', Code.NotFound)
        if (movieId === 'down') throw new ConnectError('down', Code.Unavailable)
        return { metadata: { id: movieId, title: 'Alien' } }
      },
    })
    router.service(RatingService, {
      watchAggregatedRatings: (_, { signal }) => ratings.watch(signal),
    })
  })
  const app = createMovieApp({
    sources: { metadata: createMetadataSource(upstream), ratings: createRatingSource(upstream) },
    log: pino({ level: 'silent' }),
    metrics: createMetrics(),
    health: createHealth(draining.signal),
  })
  const client = createClient(MovieService, createAppTransport(app))

  function watch(movieId: string) {
    const left = new AbortController()
    const signal = AbortSignal.any([left.signal, closing.signal])
    const responses = client.watchMovieDetails({ movieId }, { signal })[Symbol.asyncIterator]()
    return {
      next: async (): Promise<MovieDetails | undefined> =>
        (await responses.next()).value?.movieDetails,
      close: () => left.abort(),
    }
  }
  return {
    app,
    ratings,
    watch,
    drain: () => draining.abort(new ShutdownError()),
    async [Symbol.asyncDispose]() {
      closing.abort()
    },
  }
}

/** Creates watches of one rating that the test controls. They fail while the service is down. */
function createRatingWatches() {
  const counts: bigint[] = []
  let wake = () => {}
  let isDown = false
  let isLosing = false
  let openCount = 0
  let openedCount = 0
  let refusedCount = 0
  const change = (apply: () => void) => {
    apply()
    wake()
  }

  async function* watch(signal: AbortSignal) {
    signal.addEventListener('abort', () => wake(), { once: true })
    openCount++
    openedCount++
    try {
      while (!signal.aborted) {
        if (isDown) {
          refusedCount++
          throw new ConnectError('rating is down', Code.Unavailable)
        }
        if (isLosing) {
          isLosing = false
          throw new ConnectError('the connection is lost', Code.Unavailable)
        }
        const count = counts.shift()
        if (count !== undefined) {
          yield { aggregatedRating: { recordId: 'alien', recordType: 'movie', count } }
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      }
    } finally {
      openCount--
    }
  }
  return {
    watch,
    push: (count: bigint) => change(() => counts.push(count)),
    breakDown: () =>
      change(() => {
        isDown = true
      }),
    /** Fails the open watch. The next one works. */
    loseOne: () =>
      change(() => {
        isLosing = true
      }),
    repair: () =>
      change(() => {
        isDown = false
      }),
    openCount: () => openCount,
    openedCount: () => openedCount,
    refusedCount: () => refusedCount,
  }
}
