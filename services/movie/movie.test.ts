import { describe, expect, test } from 'bun:test'
import {
  type Client,
  Code,
  ConnectError,
  createClient,
  createRouterTransport,
  type ServiceImpl,
} from '@connectrpc/connect'
import { ErrorInfoSchema } from '@marquee/connect-hono/gen/google/rpc/error_details_pb'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { createAppTransport } from '@marquee/testing/app-transport'
import { pino } from 'pino'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import {
  MovieService,
  ListMoviesRequest_Order as Order,
  RatingStatus,
} from '../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { createMovieApp } from './service.ts'
import { createMetadataSource, createRatingSource } from './upstream.ts'

const { TITLE, TOP_RATED } = Order

const metadata = {
  found: { getMetadata: ({ movieId }) => ({ metadata: { id: movieId, title: 'Alien' } }) },
  absent: { getMetadata: () => fail(Code.NotFound) },
  down: { getMetadata: () => fail(Code.Unavailable) },
} satisfies Record<string, Partial<ServiceImpl<typeof MetadataService>>>

const rating = {
  found: {
    getAggregatedRating: ({ recordId, recordType }) => ({
      aggregatedRating: { recordId, recordType, count: 3n, mean: 4 },
    }),
  },
  nobody: { getAggregatedRating: () => fail(Code.NotFound) },
  down: { getAggregatedRating: () => fail(Code.Unavailable) },
} satisfies Record<string, Partial<ServiceImpl<typeof RatingService>>>

describe('GetMovieDetails', () => {
  test.each([
    ['found', 'found', { status: 'RATED' }],
    ['found', 'nobody', { status: 'NOT_RATED' }],
    ['found', 'down', { status: 'UNAVAILABLE' }],
    ['absent', 'found', { code: Code.NotFound, http: 404 }],
    ['absent', 'nobody', { code: Code.NotFound, http: 404 }],
    ['absent', 'down', { code: Code.NotFound, http: 404 }],
    ['down', 'found', { code: Code.Unavailable, http: 503 }],
    ['down', 'nobody', { code: Code.Unavailable, http: 503 }],
    ['down', 'down', { code: Code.Unavailable, http: 503 }],
  ] as const)('with metadata %s and rating %s is %j', async (metadataIs, ratingIs, expected) => {
    const { client, app, requests } = setUp(metadata[metadataIs], rating[ratingIs])
    const response = await client.getMovieDetails({ movieId: 'a' }).catch(ConnectError.from)
    const rest = await app.request('/movie?id=a')
    if ('code' in expected) {
      expect(response).toMatchObject({ code: expected.code })
      expect(rest.status).toBe(expected.http)
    } else {
      const rated = expected.status === 'RATED'
      const body = await rest.json()
      expect(response).toMatchObject({
        movieDetails: {
          metadata: { id: 'a', title: 'Alien' },
          ratingStatus: RatingStatus[expected.status],
        },
      })
      expect(rest.status).toBe(200)
      expect(body).toMatchObject({ ratingStatus: `RATING_STATUS_${expected.status}` })
      expect('rating' in body).toBe(rated)
      if (rated) expect(body.rating).toMatchObject({ recordId: 'a', recordType: 'movie', mean: 4 })
    }
    expect(requests()).toEqual({ GetMetadata: 2, GetAggregatedRating: 2 })
  })

  test('GetMovieDetails calls both services concurrently', async () => {
    const asked = { metadata: Promise.withResolvers<void>(), rating: Promise.withResolvers<void>() }
    const { client } = setUp(
      {
        async getMetadata(request) {
          asked.metadata.resolve()
          await asked.rating.promise
          return metadata.found.getMetadata(request)
        },
      },
      {
        async getAggregatedRating(request) {
          asked.rating.resolve()
          await asked.metadata.promise
          return rating.found.getAggregatedRating(request)
        },
      },
    )
    const { movieDetails } = await client.getMovieDetails({ movieId: 'a' })
    expect(movieDetails?.ratingStatus).toBe(RatingStatus.RATED)
  })

  test('GetMovieDetails does not wait for a late rating', async () => {
    const { client } = setUp(metadata.found, { getAggregatedRating: never })
    const { movieDetails } = await client.getMovieDetails({ movieId: 'a' })
    expect(movieDetails?.ratingStatus).toBe(RatingStatus.UNAVAILABLE)
  })

  test('GetMovieDetails with a deadline leaves time to respond without a late rating', async () => {
    const { client } = setUp(metadata.found, { getAggregatedRating: never }, 60_000)
    const response = await client.getMovieDetails({ movieId: 'a' }, { timeoutMs: 1_000 })
    expect(response.movieDetails?.ratingStatus).toBe(RatingStatus.UNAVAILABLE)
  })

  test('GetMovieDetails passes the request id to both services', async () => {
    const { client, requestIds } = setUp(metadata.found, rating.found)
    await client.getMovieDetails({ movieId: 'a' }, { headers: { 'x-request-id': 'r-1' } })
    expect(requestIds()).toEqual(['r-1', 'r-1'])
  })
})

describe('REST', () => {
  test('GET without an id is 400', async () => {
    const response = await setUp(metadata.found, rating.found).app.request('/movie')
    expect([response.status, (await response.json()).code]).toEqual([400, 'invalid_argument'])
  })

  test('another method is 405, and Allow lists the methods', async () => {
    const { app } = setUp(metadata.found, rating.found)
    const response = await app.request('/movie?id=a', { method: 'POST' })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
  })
})

describe('ListMovies', () => {
  test.each<[Order, number]>([
    [TITLE, 1],
    [TITLE, 500],
    [TOP_RATED, 1],
    [TOP_RATED, 500],
  ])('in order %d with a page of %d makes two calls', async (order, pageSize) => {
    const { client, requests } = setUpCatalogue()
    const { movies } = await client.listMovies({ order, pageSize })
    expect(movies.length).toBe(pageSize)
    expect(requests()).toEqual({ ListMetadata: 1, BatchGetAggregatedRatings: 1 })
  })

  test('ListMovies by title pages to the end without repeats, rated or not', async () => {
    const movies = await readAll(setUpCatalogue().client, { order: TITLE, pageSize: 100 })
    const expected = Array.from({ length: 600 }, (_, n) => [idOf(n), statusOf(n)] as const)
    expect(movies).toEqual(expected)
  })

  test('ListMovies of the top list pages to the end without repeats, in the order of metadata', async () => {
    const { client } = setUpCatalogue()
    const movies = await readAll(client, { order: TOP_RATED, pageSize: 100, ratingCountMin: 1n })
    const expected = Array.from(
      { length: 600 },
      (_, n) => [idOf(599 - n), statusOf(599 - n)] as const,
    )
    expect(movies).toEqual(expected)
  })

  test('ListMovies of the top list is a list of rated movies by score, with all that a list may have', async () => {
    const ratings = { revision: 7n }
    const facets = {
      genres: [{ genre: 'Drama', count: 2 }],
      decades: [],
      letters: [{ letter: 'A', count: 2 }],
    }
    const asked: object[] = []
    const { client } = setUpCatalogue({
      listMetadata(request) {
        asked.push(request)
        return { metadata: [movieOf(idOf(1))], totalSize: 42, facets, ratings }
      },
    })
    const given = { query: 'war', filter: 'year > 1990', includeFacets: true }
    const page = await client.listMovies({ ...given, order: TOP_RATED })
    expect(page).toMatchObject({ totalSize: 42, facets, ratings })
    await client.listMovies({ ...given, order: TOP_RATED, ratingCountMin: 5n })
    const orderBy = 'rating.bayesian_score desc'
    expect(asked).toMatchObject([
      { ...given, orderBy, ratingCountMin: 1n },
      { ...given, orderBy, ratingCountMin: 5n },
    ])
  })

  const lost = { ratings: { revision: 7n, unavailableSince: { seconds: 9n, nanos: 0 } } }

  test.each([
    ['knows no ratings', withoutRatings],
    ['cannot reach rating', () => lost],
  ])(
    'ListMovies of the top list is UNAVAILABLE while metadata %s, and says why',
    async (_, listMetadata) => {
      const { client } = setUpCatalogue({ listMetadata })
      const response = await client.listMovies({ order: TOP_RATED }).catch(ConnectError.from)
      expect(response).toMatchObject({ code: Code.Unavailable })
      expect((response as ConnectError).findDetails(ErrorInfoSchema)).toMatchObject([
        { reason: 'RATING_UNAVAILABLE' },
      ])
    },
  )

  test('ListMovies by another order goes on while metadata cannot reach rating, and says since when', async () => {
    const { client } = setUpCatalogue({ listMetadata: () => lost })
    const page = await client.listMovies({ orderBy: 'rating.mean desc' })
    expect(page).toMatchObject(lost)
  })

  test.each([TITLE, TOP_RATED])(
    'ListMovies in order %d without rating returns movies without ratings',
    async (order) => {
      const down = () => fail(Code.Unavailable)
      const { client } = setUpCatalogue({}, { batchGetAggregatedRatings: down })
      const { movies } = await client.listMovies({ order, pageSize: 2 })
      const statuses = movies.map(({ ratingStatus }) => ratingStatus)
      expect(statuses).toEqual([RatingStatus.UNAVAILABLE, RatingStatus.UNAVAILABLE])
    },
  )

  test.each([TITLE, TOP_RATED])('ListMovies in order %d fails without metadata', async (order) => {
    const down = () => fail(Code.Unavailable)
    const { client } = setUpCatalogue({ listMetadata: down })
    const response = await client.listMovies({ order }).catch(ConnectError.from)
    expect(response).toMatchObject({ code: Code.Unavailable })
  })

  test('ListMovies refuses a token of the other order, or of another list of the same order', async () => {
    const { client } = setUpCatalogue()
    const first = { order: TITLE, pageSize: 1 }
    const { nextPageToken: title } = await client.listMovies(first)
    const { nextPageToken: top } = await client.listMovies({ ...first, order: TOP_RATED })
    for (const request of [
      { order: TOP_RATED, pageToken: title },
      { order: TITLE, pageToken: top },
      { order: TITLE, query: 'x', pageToken: title },
      { order: TOP_RATED, ratingCountMin: 2n, pageToken: top },
      { order: TITLE, pageToken: 'eA' },
    ]) {
      const response = await client.listMovies(request).catch(ConnectError.from)
      expect(response).toMatchObject({ code: Code.InvalidArgument })
    }
  })

  test.each<[string, ListRequest]>([
    ['another order of the top list', { order: TOP_RATED, orderBy: 'year' }],
    ['a negative least count', { ratingCountMin: -1n }],
    ['a negative page size', { pageSize: -1 }],
    ['an order that does not exist', { order: 7 as Order }],
  ])('refuses %s', async (_, request) => {
    const response = await setUpCatalogue().client.listMovies(request).catch(ConnectError.from)
    expect(response).toMatchObject({ code: Code.InvalidArgument })
  })
})

test('the log says why a movie was returned without its rating', async () => {
  const { client, lines } = setUp(
    { getMetadata: ({ movieId }) => ({ metadata: movieOf(movieId) }) },
    {
      getAggregatedRating() {
        throw new ConnectError('the disk is full', Code.Unavailable)
      },
    },
  )
  await client.getMovieDetails({ movieId: 'alien' })
  const reason = 'the rating is unavailable: the disk is full'
  expect(lines).toMatchObject([{ code: 'ok', reason }])
})

function fail(code: Code): never {
  throw new ConnectError('as the test says', code)
}

/** Fails as metadata does when it knows no ratings. */
function withoutRatings(): never {
  const error = new ConnectError('the ratings are not read yet', Code.Unavailable)
  error.details = [{ desc: ErrorInfoSchema, value: { reason: 'RATING_UNAVAILABLE' } }]
  throw error
}

function never(): Promise<never> {
  return new Promise(() => {})
}

/** Creates the movie service on two services in this process, and counts their calls. */
function setUp(
  metadata: Partial<ServiceImpl<typeof MetadataService>>,
  rating: Partial<ServiceImpl<typeof RatingService>>,
  ratingTimeoutMs = 50,
) {
  const asked: { name: string; requestId: string | null }[] = []
  const lines: { level: number; code: string; reason?: string; err?: { message: string } }[] = []
  const upstream = createRouterTransport(
    (router) => {
      router.service(MetadataService, metadata)
      router.service(RatingService, rating)
    },
    {
      router: {
        interceptors: [
          (next) => (request) => {
            const requestId = request.header.get('x-request-id')
            asked.push({ name: request.method.name, requestId })
            return next(request)
          },
        ],
      },
    },
  )
  const timeouts = { metadataTimeoutMs: 2_000, ratingTimeoutMs }
  const app = createMovieApp({
    sources: {
      metadata: createMetadataSource(upstream, timeouts),
      ratings: createRatingSource(upstream, timeouts),
    },
    log: pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) }),
    metrics: createMetrics(),
    health: createHealth(new AbortController().signal),
  })
  return {
    app,
    client: createClient(MovieService, createAppTransport(app, { json: true })),
    /** Returns the number of calls of each RPC. */
    requests: () => {
      const byName = Object.groupBy(asked, ({ name }) => name)
      return Object.fromEntries(
        Object.entries(byName).map(([name, calls]) => [name, calls?.length]),
      )
    },
    requestIds: () => asked.map(({ requestId }) => requestId),
    lines,
  }
}

const idOf = (n: number) => `id-${String(n).padStart(3, '0')}`
const movieOf = (id: string) => ({ id, title: id })
const statusOf = (n: number) => (n % 2 === 0 ? RatingStatus.RATED : RatingStatus.NOT_RATED)

/** Creates a catalogue of 600 movies, every second of which is rated. Other orders are in reverse. */
function setUpCatalogue(
  metadata: Partial<ServiceImpl<typeof MetadataService>> = {},
  rating: Partial<ServiceImpl<typeof RatingService>> = {},
) {
  const ids = Array.from({ length: 600 }, (_, n) => idOf(n))
  const aggregateOf = (recordId: string) => ({ recordId, recordType: 'movie', count: 1n })
  const page = (all: readonly string[], token: string, size: number) => {
    const start = Number(token)
    const end = start + (size || 50)
    return { ids: all.slice(start, end), nextPageToken: end < all.length ? `${end}` : '' }
  }
  return setUp(
    {
      listMetadata({ pageToken, pageSize, orderBy }) {
        const all = orderBy === '' ? ids : ids.toReversed()
        const { ids: found, nextPageToken } = page(all, pageToken, pageSize)
        return { metadata: found.map(movieOf), nextPageToken }
      },
      ...metadata,
    },
    {
      batchGetAggregatedRatings: ({ records }) => ({
        aggregatedRatings: records
          .map(({ recordId }) => recordId)
          .filter((id) => Number(id.slice(3)) % 2 === 0)
          .map(aggregateOf),
      }),
      ...rating,
    },
    2_000,
  )
}

type MovieClient = Client<typeof MovieService>
type ListRequest = Parameters<MovieClient['listMovies']>[0]

/** Reads the id and status of every movie of a list. */
async function readAll(
  client: MovieClient,
  request: ListRequest,
): Promise<(readonly [string | undefined, RatingStatus])[]> {
  const seen: (readonly [string | undefined, RatingStatus])[] = []
  let pageToken = ''
  do {
    const page = await client.listMovies({ ...request, pageToken })
    seen.push(...page.movies.map((one) => [one.metadata?.id, one.ratingStatus] as const))
    pageToken = page.nextPageToken
  } while (pageToken !== '' && seen.length < 10_000)
  return seen
}
