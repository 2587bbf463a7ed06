import { expect, test } from 'bun:test'
import { type Client, Code, ConnectError, createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { freePorts } from '@marquee/testing/free-ports'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { waitFor } from '@marquee/testing/wait-for'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { MovieService, ListMoviesRequest_Order as Order } from '../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { createSeededRandom, faultSeed } from '../faults/seeded-random.ts'
import { startService } from './service-process.ts'

const recordType = 'movie'

/** Starts the three services, of which rating can stop and start again. */
async function startAll() {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const [ratingPort = 0] = await freePorts(1)
  const database = (name: string) => ['--database-url', `sqlite:${folder.path}/${name}.db`]
  const args = [...database('rating'), '--event-log', `${folder.path}/events.db`]
  const startRating = () => startService({ service: 'rating', port: ratingPort, args })
  const metadata = stack.use(
    await startService({
      service: 'metadata',
      args: [...database('metadata'), '--rating-url', `http://127.0.0.1:${ratingPort}`],
    }),
  )
  let rating = await startRating()
  stack.defer(() => rating[Symbol.asyncDispose]())
  const urls = ['--metadata-url', metadata.url, '--rating-url', rating.url]
  const movie = stack.use(await startService({ service: 'movie', args: urls }))
  const transportTo = (baseUrl: string) => createGrpcTransport({ baseUrl })
  const kept = stack.move()
  return {
    catalogue: createClient(MetadataService, transportTo(metadata.url)),
    ratings: createClient(RatingService, transportTo(rating.url)),
    movies: createClient(MovieService, transportTo(movie.url)),
    async stopRating() {
      rating.program.kill('SIGTERM')
      await rating.program.exited
    },
    async restartRating() {
      rating = await startRating()
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

type Services = Awaited<ReturnType<typeof startAll>>

/** Puts movies, and a rating of each by some users, until the top list has them. */
async function fill(services: Services, ids: readonly string[]): Promise<void> {
  const { catalogue, ratings } = services
  async function* movies() {
    for (const id of ids) yield { metadata: { id, title: `Film ${id}` } }
  }
  async function* rated() {
    for (const [index, recordId] of ids.entries()) {
      for (let user = 0; user <= index % 3; user++) {
        yield { rating: { recordType, recordId, userId: `user-${user}`, value: 1 + (index % 5) } }
      }
    }
  }
  await catalogue.importMetadata(movies())
  await ratings.importRatings(rated())
  await waitFor(
    async () => {
      const order = Order.TOP_RATED
      const top = await services.movies.listMovies({ order }).catch(ConnectError.from)
      return 'totalSize' in top && top.totalSize === ids.length
    },
    { what: 'the ratings in the catalogue' },
  )
}

/** Reads a list in pages of random sizes. Every page but the last one must be full. */
async function readAll(
  movies: Client<typeof MovieService>,
  request: { order: Order; query?: string },
  sizeOf: () => number,
): Promise<string[]> {
  const ids: string[] = []
  let pageToken = ''
  for (;;) {
    const pageSize = sizeOf()
    const page = await movies.listMovies({ ...request, pageSize, pageToken })
    ids.push(...page.movies.map(({ metadata }) => metadata?.id ?? ''))
    pageToken = page.nextPageToken
    if (pageToken === '') return ids
    expect(page.movies).toHaveLength(pageSize)
  }
}

test('no list has a hole or a movie twice, whichever movies were deleted', async () => {
  const random = createSeededRandom(faultSeed('deleted movies'))
  await using services = await startAll()
  const { catalogue, movies } = services
  const ids = Array.from({ length: 300 }, (_, index) => `id-${index}`)
  await fill(services, ids)
  const left = new Set(ids)
  for (const share of [5, 40, 80]) {
    for (const id of [...left].filter(() => random.integer(1, 100) <= share)) {
      await catalogue.deleteMetadata({ movieId: id })
      left.delete(id)
    }
    const sizeOf = () => random.integer(1, 60)
    for (const request of [
      { order: Order.TOP_RATED },
      { order: Order.TITLE },
      { order: Order.TITLE, query: 'film' },
    ]) {
      const listed = await readAll(movies, request, sizeOf)
      expect(listed).toHaveLength(left.size)
      expect(new Set(listed)).toEqual(left)
    }
  }
}, 120_000)

test('the ratings of a deleted movie are hidden and return with it, or are deleted too', async () => {
  await using services = await startAll()
  const { catalogue, movies, ratings } = services
  await fill(services, ['alien', 'brazil', 'cube'])
  const top = () => readAll(movies, { order: Order.TOP_RATED }, () => 2)
  const countOf = async (recordId: string) => {
    const records = [{ recordId, recordType }]
    const { aggregatedRatings } = await ratings.batchGetAggregatedRatings({ records })
    return Number(aggregatedRatings[0]?.count ?? 0)
  }
  expect(await top()).toEqual(['cube', 'brazil', 'alien'])
  expect(await movies.deleteMovie({ movieId: 'cube' })).toMatchObject({ deleted: true })
  expect(await top()).toEqual(['brazil', 'alien'])
  expect(await countOf('cube')).toBe(3)
  const details = await movies.getMovieDetails({ movieId: 'cube' }).catch(ConnectError.from)
  expect(details).toMatchObject({ code: Code.NotFound })
  await catalogue.putMetadata({ metadata: { id: 'cube', title: 'Cube' } })
  expect(await top()).toEqual(['cube', 'brazil', 'alien'])

  const request = { movieId: 'cube', deleteRatings: true }
  await services.stopRating()
  const failure = await movies.deleteMovie(request).catch(ConnectError.from)
  expect(failure).toMatchObject({
    code: Code.Unavailable,
    rawMessage: 'the movie is deleted, and 0 of its ratings: call again later',
  })
  await services.restartRating()
  expect(await movies.deleteMovie(request)).toMatchObject({
    deleted: false,
    deletedRatingCount: 3n,
    ratingsLeft: false,
  })
  expect(await countOf('cube')).toBe(0)
  await catalogue.putMetadata({ metadata: { id: 'cube', title: 'Cube' } })
  await waitFor(async () => (await top()).length === 2, { what: 'the deletion in the catalogue' })
  expect(await top()).toEqual(['brazil', 'alien'])
}, 120_000)
