import { expect, test } from 'bun:test'
import {
  Code,
  ConnectError,
  createClient,
  createRouterTransport,
  type ServiceImpl,
} from '@connectrpc/connect'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { etagOf, unmetCondition } from '@marquee/service/rest/write-condition'
import { createAppTransport } from '@marquee/testing/app-transport'
import { pino } from 'pino'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { createMovieApp } from './service.ts'
import { createMetadataSource, createRatingSource } from './upstream.ts'

type Deletions = Partial<Pick<ServiceImpl<typeof RatingService>, 'deleteRecordRatings'>>

/** Creates the movie service on a catalogue of one movie, `alien`, and records the calls. */
function setUp(rating: Deletions, refusal?: Code) {
  const calls: string[] = []
  const movies = new Set(['alien'])
  const upstream = createRouterTransport(
    (router) => {
      router.service(MetadataService, {
        deleteMetadata({ movieId, etag }) {
          if (etag === stale) throw unmetCondition(`the movie "${movieId}"`, { etag }, 7)
          if (refusal !== undefined) throw new ConnectError('as the test says', refusal)
          return { deleted: movies.delete(movieId) }
        },
      })
      router.service(RatingService, rating)
    },
    {
      router: {
        interceptors: [
          (next) => (request) => {
            calls.push(request.method.name)
            return next(request)
          },
        ],
      },
    },
  )
  const app = createMovieApp({
    sources: { metadata: createMetadataSource(upstream), ratings: createRatingSource(upstream) },
    log: pino({ level: 'silent' }),
    metrics: createMetrics(),
    health: createHealth(new AbortController().signal),
  })
  return { calls, client: createClient(MovieService, createAppTransport(app)) }
}

const movieId = 'alien'
/** The etag of an earlier version of every movie. */
const stale = '"1"'

test('DeleteMovie keeps the ratings unless the request says otherwise', async () => {
  const { client, calls } = setUp({})
  expect(await client.deleteMovie({ movieId })).toMatchObject({ deleted: true, ratingsLeft: false })
  expect(await client.deleteMovie({ movieId })).toMatchObject({ deleted: false })
  expect(calls).toEqual(['DeleteMetadata', 'DeleteMetadata'])
})

test('DeleteMovie deletes the metadata, then all ratings', async () => {
  const left = [3n, 2n, 1n]
  const { client, calls } = setUp({
    deleteRecordRatings({ recordId, recordType }) {
      expect([recordId, recordType]).toEqual(['alien', 'movie'])
      const deletedCount = left.shift() ?? 0n
      return { deletedCount, areLeft: left.length > 0 }
    },
  })
  const response = await client.deleteMovie({ movieId, deleteRatings: true })
  expect(response).toMatchObject({ deleted: true, deletedRatingCount: 6n, ratingsLeft: false })
  const deletions = Array(3).fill('DeleteRecordRatings')
  expect(calls).toEqual(['DeleteMetadata', ...deletions])
})

test('one DeleteMovie makes a bounded number of calls, and says that ratings are left', async () => {
  const deleteRecordRatings = () => ({ deletedCount: 1n, areLeft: true })
  const { client, calls } = setUp({ deleteRecordRatings })
  const response = await client.deleteMovie({ movieId, deleteRatings: true })
  expect(response).toMatchObject({ deleted: true, deletedRatingCount: 20n, ratingsLeft: true })
  expect(calls).toHaveLength(21)
})

test('DeleteMovie is UNAVAILABLE and says what is deleted while rating is down, and continues later', async () => {
  let callCount = 0
  const { client } = setUp({
    deleteRecordRatings() {
      callCount++
      if (callCount === 2) throw new ConnectError('the disk is full', Code.Unavailable)
      return { deletedCount: 5n, areLeft: callCount === 1 }
    },
  })
  const request = { movieId, deleteRatings: true }
  const failure = await client.deleteMovie(request).catch(ConnectError.from)
  expect(failure).toMatchObject({
    code: Code.Unavailable,
    rawMessage: 'the movie is deleted, and 5 of its ratings: call again later',
  })
  const again = { deleted: false, deletedRatingCount: 5n, ratingsLeft: false }
  expect(await client.deleteMovie(request)).toMatchObject(again)
})

test.each([
  [Code.Unavailable, Code.Unavailable, 'call again later'],
  [Code.Internal, Code.Unavailable, 'call again later'],
  [Code.PermissionDenied, Code.PermissionDenied, 'as the test says'],
])('DeleteMovie deletes no rating when metadata fails with %p', async (refusal, code, text) => {
  const { client, calls } = setUp({}, refusal)
  const request = { movieId, deleteRatings: true }
  const failure = await client.deleteMovie(request).catch(ConnectError.from)
  const rawMessage = `metadata has not confirmed that the movie is deleted: ${text}`
  expect(failure).toMatchObject({ code, rawMessage })
  expect(calls).toEqual(['DeleteMetadata'])
})

test('DeleteMovie of another version is ABORTED, with the current etag, and deletes no rating', async () => {
  const { client, calls } = setUp({})
  const request = { movieId, deleteRatings: true, etag: stale }
  const failure = await client.deleteMovie(request).catch(ConnectError.from)
  expect(failure).toMatchObject({
    code: Code.Aborted,
    rawMessage: 'nothing was changed, because the movie "alien" has another version: read it again',
    details: [{ type: 'google.rpc.ErrorInfo', debug: { metadata: { etag: etagOf(7) } } }],
  })
  expect(calls).toEqual(['DeleteMetadata'])
})

test('DeleteMovie with an etag continues without it, because there is no such version left', async () => {
  const { client } = setUp({
    deleteRecordRatings() {
      throw new ConnectError('the disk is full', Code.Unavailable)
    },
  })
  const request = { movieId, deleteRatings: true, etag: '"2"' }
  const failure = await client.deleteMovie(request).catch(ConnectError.from)
  expect(failure).toMatchObject({
    code: Code.Unavailable,
    rawMessage: 'the movie is deleted, and 0 of its ratings: call again later, without the etag',
  })
})
