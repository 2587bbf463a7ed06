import { afterAll, expect, test } from 'bun:test'
import { createClient } from '@connectrpc/connect'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { createAppTransport } from '@marquee/testing/app-transport'
import { backend } from '@marquee/testing/backends/shared'
import { failureOf } from '@marquee/testing/failure-of'
import { postgresDatabases } from '@marquee/testing/postgres-databases'
import { describeWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { waitFor } from '@marquee/testing/wait-for'
import { pino } from 'pino'
import { MovieService, ListMoviesRequest_Order as Order } from '../../gen/movie/v1/movie_pb.ts'
import { Period } from '../../gen/rating/v1/rating_pb.ts'
import { followStore } from '../../services/metadata/catalogue/follow.ts'
import type { Metadata } from '../../services/metadata/metadata.ts'
import { followRatings, type WatchRatings } from '../../services/metadata/ratings/follow-ratings.ts'
import { createPeriodCopies } from '../../services/metadata/ratings/period-ratings.ts'
import { createRatedMovies } from '../../services/metadata/ratings/rated-movies.ts'
import { readPeriodPages, watchMovieRatings } from '../../services/metadata/ratings/upstream.ts'
import { createMetadataApp } from '../../services/metadata/service.ts'
import { createMemoryMetadataStore } from '../../services/metadata/store/memory.ts'
import { createMovieApp } from '../../services/movie/service.ts'
import { createMetadataSource, createRatingSource } from '../../services/movie/upstream.ts'
import { defaultRules } from '../../services/rating/scoring.ts'
import { createRatingApp } from '../../services/rating/service.ts'
import { openRatingStore } from '../../services/rating/store/open.ts'
import { createAggregateWatches } from '../../services/rating/watch.ts'
import { createSeededRandom, faultSeed, type SeededRandom } from '../faults/seeded-random.ts'

const seed = faultSeed('lists by ratings')
const recordType = 'movie'
const genres = ['Drama', 'War', 'Crime']
const movies = Array.from({ length: 80 }, (_, n): Metadata => {
  return {
    ...{ id: `movie-${n}`, title: `Film ${n % 50}`, description: '', releaseDate: '' },
    ...{ director: n % 4 === 0 ? '' : `Director "${n % 9}"`, genres: [genres[n % 3] ?? ''] },
    ...{ year: 1950 + ((n * 7) % 40), ...(n % 5 > 0 && { imdbVotes: n % 11 }) },
  }
})

test('lists by ratings are those of looking at every movie, with ratings in memory', () =>
  expectSameLists('memory:'))

test('lists by ratings are those of looking at every movie, with an SQLite file', async () => {
  await using folder = await temporaryFolder()
  await expectSameLists(`sqlite:${folder.path}/rating.db`)
})

describeWith(backend('postgres'), 'on PostgreSQL', (server) => {
  const databases = postgresDatabases(server)
  afterAll(() => databases[Symbol.asyncDispose]())

  test('lists by ratings are those of looking at every movie, with PostgreSQL', async () => {
    await expectSameLists(await databases.create())
  })
})

test('without ratings, lists by ratings are UNAVAILABLE, others are not, and similar movies are by votes', async () => {
  await using stack = new AsyncDisposableStack()
  const store = stack.use(createMemoryMetadataStore())
  await store.put(movies)
  const upstream = createAppTransport(createMetadataApp({ store, ...base() }))
  const client = createMovieClient(upstream, upstream)
  for (const request of [
    { order: Order.TOP_RATED },
    { orderBy: 'rating.mean' },
    { filter: 'rating.count > 0' },
    { ratingCountMin: 1n },
    { period: Period.WEEK },
  ]) {
    const error = await failureOf(client.listMovies(request))
    expect(error.rawMessage).toBe('the list is unavailable: call again later')
  }
  const { totalSize, ratings } = await client.listMovies({ filter: 'year > 1960' })
  expect([totalSize > 0, ratings]).toEqual([true, undefined])
  const similar = await client.listSimilarMovies({ movieId: 'movie-1', pageSize: 50 })
  expect(similar.ratings).toBeUndefined()
  expect(similar.movies.map(idOf)).toEqual(similarByHand('movie-1', () => undefined))
})

test('lists of a period are by its ratings alone, with query, filter and facets', async () => {
  await using stack = new AsyncDisposableStack()
  const ratings = stack.use(await openRatingStore('memory:', { rules: defaultRules }))
  const watches = stack.use(createAggregateWatches({ store: ratings }))
  const toRating = createAppTransport(createRatingApp({ store: ratings, watches, ...base() }))
  const store = stack.use(createMemoryMetadataStore())
  await store.put(movies)
  const periods = createPeriodCopies({ readPage: readPeriodPages(toRating) })
  const client = createMovieClient(
    createAppTransport(createMetadataApp({ store, periods, ...base() })),
    toRating,
  )
  const rate = (id: number, days: number, value: number) => {
    const ratedTimeMs = Date.now() - days * 86_400_000
    return { recordType, recordId: `movie-${id}`, userId: `user-${days}`, value, ratedTimeMs }
  }
  await ratings.put([rate(0, 2, 3), rate(0, 90, 5), rate(1, 3, 4), rate(3, 20, 5), rate(2, 90, 5)])
  await ratings.put([{ ...rate(99, 1, 5), recordId: 'not in the catalogue' }])
  const week = { order: Order.TOP_RATED, period: Period.WEEK, includeFacets: true }
  const page = await client.listMovies(week)
  expect(page.movies.map(idOf)).toEqual(['movie-1', 'movie-0'])
  expect(page.periodRatings).toMatchObject([
    { count: 1n, mean: 4, bayesianScore: (27.5 + 4) / 11 },
    { count: 1n, mean: 3, bayesianScore: (27.5 + 3) / 11 },
  ])
  expect(page.movies.map(({ rating }) => rating?.count)).toEqual([1n, 2n])
  expect(page).toMatchObject({ totalSize: 2, facets: { genres: [{ count: 1 }, { count: 1 }] } })
  expect(page.ratings?.window?.revision).toBe(BigInt(await ratings.revision()))
  const month = { ...week, period: Period.MONTH }
  expect(await readAll(client, month)).toEqual(['movie-3', 'movie-1', 'movie-0'])
  const drama = { ...month, filter: '"Drama" in genres && rating.mean > 3', query: 'film' }
  expect(await readAll(client, drama)).toEqual(['movie-3'])
  expect(await readAll(client, { ...month, ratingCountMin: 2n })).toEqual([])
  const first = await client.listMovies({ ...month, pageSize: 1 })
  const other = client.listMovies({ ...week, pageSize: 1, pageToken: first.nextPageToken })
  expect((await failureOf(other)).rawMessage).toStartWith('page_token belongs to another list')
})

/** Rates at random while the watch is lost again and again, then compares lists with an oracle. */
async function expectSameLists(databaseUrl: string): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const random = createSeededRandom(seed)
  const ratings = stack.use(await openRatingStore(databaseUrl, { rules: defaultRules }))
  const watches = stack.use(createAggregateWatches({ store: ratings }))
  const toRating = createAppTransport(createRatingApp({ store: ratings, watches, ...base() }))
  const store = stack.use(createMemoryMetadataStore())
  await store.put(movies)
  const rated = createRatedMovies()
  const followed = stack.use(
    followRatings({
      watch: losing(watchMovieRatings(toRating), random),
      rated,
      onWarning: (message) => expect.unreachable(message),
      wait: async () => {},
    }),
  )
  const catalogue = followStore(store, rated)
  const metadata = createMetadataApp({ store, catalogue, ratings: followed, ...base() })
  const client = createMovieClient(createAppTransport(metadata), toRating)
  for (let round = 0; round < 5; round++) {
    await rateAtRandom(ratings, random)
    const revision = await ratings.revision()
    await waitFor(() => (followed.state()?.revision ?? -1) >= revision, { what: 'the ratings' })
    await expectLists(client, await scoresOf(ratings))
  }
}

type Scored = Awaited<ReturnType<typeof scoresOf>>

async function expectLists(client: MovieClient, scores: Scored): Promise<void> {
  const isDrama = ({ genres: own }: Metadata) => own.includes('Drama')
  const lists: { request: ListRequest; expected: string[] }[] = [
    { request: { order: Order.TOP_RATED }, expected: topByHand(scores, () => true) },
    {
      request: { order: Order.TOP_RATED, filter: '"Drama" in genres', ratingCountMin: 2n },
      expected: topByHand(scores, (movie) => {
        return isDrama(movie) && (scores.get(movie.id)?.count ?? 0) >= 2
      }),
    },
    {
      request: { orderBy: 'rating.bayesian_score desc', filter: 'rating.mean >= 3' },
      expected: topByHand(scores, ({ id }) => (scores.get(id)?.mean ?? 0) >= 3),
    },
  ]
  for (const { request, expected } of lists) {
    expect(await readAll(client, request)).toEqual(expected)
  }
  for (const id of ['movie-1', 'movie-4', 'movie-77']) {
    const similar = await client.listSimilarMovies({ movieId: id, pageSize: 50 })
    expect(similar.movies.map(idOf)).toEqual(similarByHand(id, (one) => scores.get(one)?.score))
    expect(similar.ratings?.unavailableSince).toBeUndefined()
  }
}

/** Returns the ids of the rated movies that pass, the best first. */
function topByHand(scores: Scored, passes: (movie: Metadata) => boolean): string[] {
  const found = movies.filter((movie) => scores.has(movie.id) && passes(movie))
  const scoreOf = ({ id }: Metadata) => scores.get(id)?.score ?? 0
  return found.sort((a, b) => scoreOf(b) - scoreOf(a) || byTitle(a, b)).map(({ id }) => id)
}

function similarByHand(id: string, scoreOf: (id: string) => number | undefined): string[] {
  const movie = movies.find((one) => one.id === id) as Metadata
  const others = movies.filter((one) => one.id !== id)
  const isSameDirector = (one: Metadata) => one.director !== '' && one.director === movie.director
  const isNear = (one: Metadata) =>
    one.genres.some((genre) => movie.genres.includes(genre)) &&
    Math.abs((one.year ?? 0) - (movie.year ?? 0)) <= 5
  const known = (value: number | undefined) => value ?? -1
  const best = (a: Metadata, b: Metadata) =>
    known(scoreOf(b.id)) - known(scoreOf(a.id)) ||
    known(b.imdbVotes) - known(a.imdbVotes) ||
    byTitle(a, b)
  const ofDirector = others.filter(isSameDirector).sort(best)
  const ofGenre = others.filter((one) => !isSameDirector(one) && isNear(one)).sort(best)
  return [...ofDirector, ...ofGenre].slice(0, 50).map((one) => one.id)
}

function byTitle(a: Metadata, b: Metadata): number {
  if (a.title !== b.title) return a.title < b.title ? -1 : 1
  return a.id < b.id ? -1 : 1
}

const idOf = ({ metadata }: { metadata?: { id: string } }) => metadata?.id ?? ''

type MovieClient = ReturnType<typeof createMovieClient>
type ListRequest = Parameters<MovieClient['listMovies']>[0]

async function readAll(client: MovieClient, request: ListRequest): Promise<string[]> {
  const ids: string[] = []
  let pageToken = ''
  do {
    const page = await client.listMovies({ ...request, pageSize: 7, pageToken })
    ids.push(...page.movies.map(idOf))
    expect(page.totalSize).toBeGreaterThanOrEqual(ids.length)
    pageToken = page.nextPageToken
    if (pageToken === '') expect(page.totalSize).toBe(ids.length)
  } while (pageToken !== '')
  return ids
}

type Ratings = Awaited<ReturnType<typeof openRatingStore>>

async function rateAtRandom(ratings: Ratings, random: SeededRandom): Promise<void> {
  for (let n = 0; n < 20; n++) {
    const recordId = () => movies[random.integer(0, 59)]?.id ?? ''
    const userId = () => `user-${random.integer(0, 3)}`
    if (n % 4 === 0) await ratings.delete({ recordType, recordId: recordId() }, userId())
    const put = Array.from({ length: random.integer(1, 12) }, () => {
      return {
        ...{ recordType, recordId: recordId(), userId: userId() },
        value: random.integer(1, 10) / 2,
      }
    })
    await ratings.put(put)
  }
}

async function scoresOf(ratings: Ratings) {
  const { states } = await ratings.states(
    movies.map(({ id: recordId }) => ({ recordType, recordId })),
  )
  const known = states.flatMap((state) =>
    'bayesianScore' in state
      ? [[state.recordId, { ...state, score: state.bayesianScore }] as const]
      : [],
  )
  return new Map(known)
}

/** Loses each watch after a random number of messages. */
function losing(watch: WatchRatings, random: SeededRandom): WatchRatings {
  return async function* (since, signal) {
    let left = random.integer(1, 60)
    for await (const message of watch(since, signal)) {
      if (left-- === 0) throw new Error('the watch is lost')
      yield message
    }
  }
}

function createMovieClient(
  metadata: ReturnType<typeof createAppTransport>,
  rating: ReturnType<typeof createAppTransport>,
) {
  const sources = { metadata: createMetadataSource(metadata), ratings: createRatingSource(rating) }
  return createClient(MovieService, createAppTransport(createMovieApp({ sources, ...base() })))
}

function base() {
  const health = createHealth(new AbortController().signal)
  return { log: pino({ level: 'silent' }), metrics: createMetrics(), health }
}
