import { expect, test } from 'bun:test'
import { Code, createClient } from '@connectrpc/connect'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { createAppTransport } from '@marquee/testing/app-transport'
import { failureOf } from '@marquee/testing/failure-of'
import { pino } from 'pino'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { defaultRules } from './scoring.ts'
import { createRatingApp } from './service.ts'
import { createMemoryRatingStore } from './store/memory.ts'
import { createAggregateWatches } from './watch.ts'

const own = { recordType: 'movie', recordId: 'alien', userId: 'ann' }

test('a put returns the rating with the etag that a read returns, and that the next put takes', async () => {
  const client = setUp()
  const { rating: first } = await client.putRating({ ...own, value: 4 })
  expect((await client.getRating(own)).rating).toEqual(first)
  expect(first?.etag).toMatch(/^"[0-9a-z]+"$/)
  const second = await client.putRating({ ...own, value: 4, etag: first?.etag ?? '' })
  expect(second.rating?.etag).not.toBe(first?.etag)
  expect(second.aggregatedRating?.count).toBe(1n)
  const { ratings } = await client.listRatings({ of: { case: 'userId', value: 'ann' } })
  expect(ratings).toEqual([second.rating as (typeof ratings)[number]])
})

test('writes with a stale etag are ABORTED with the current one, and change nothing', async () => {
  const client = setUp()
  const { rating: old } = await client.putRating({ ...own, value: 4 })
  const { rating, aggregatedRating } = await client.putRating({ ...own, value: 2 })
  const etag = old?.etag ?? ''
  for (const write of [
    client.putRating({ ...own, value: 5, etag }),
    client.deleteRating({ ...own, etag }),
  ]) {
    const error = await failureOf(write)
    expect([error.code, error.rawMessage]).toEqual([
      Code.Aborted,
      'nothing was changed, because the rating of movie "alien" has another version: read it again',
    ])
    const metadata = { etag: rating?.etag }
    expect(error.details).toMatchObject([{ debug: { reason: 'ETAG_MISMATCH', metadata } }])
  }
  expect((await client.getRating(own)).rating).toEqual(rating)
  const aggregate = await client.getAggregatedRating(own)
  expect(aggregate.aggregatedRating).toEqual(aggregatedRating)
})

test('a put that must create fails with ALREADY_EXISTS when the user has rated', async () => {
  const client = setUp()
  const create = () => client.putRating({ ...own, value: 4, mustNotExist: true })
  const { rating } = await create()
  const error = await failureOf(create())
  expect(error.code).toBe(Code.AlreadyExists)
  expect(error.details).toMatchObject([{ debug: { metadata: { etag: rating?.etag } } }])
})

test('a delete deletes on its condition, once', async () => {
  const client = setUp()
  const { rating } = await client.putRating({ ...own, value: 4 })
  const request = { ...own, etag: rating?.etag ?? '' }
  expect((await client.deleteRating(request)).deleted).toBe(true)
  expect((await failureOf(client.deleteRating(request))).code).toBe(Code.Aborted)
  expect((await client.deleteRating(own)).deleted).toBe(false)
})

test('a value off the scale is INVALID_ARGUMENT, also with a stale etag', async () => {
  const put = setUp().putRating({ ...own, value: 7, etag: '"0"' })
  expect((await failureOf(put)).code).toBe(Code.InvalidArgument)
})

test('etag and must_not_exist exclude each other', async () => {
  const put = setUp().putRating({ ...own, value: 4, etag: '"0"', mustNotExist: true })
  expect((await failureOf(put)).code).toBe(Code.InvalidArgument)
})

function setUp() {
  const store = createMemoryRatingStore({ rules: defaultRules })
  const log = pino({ level: 'silent' })
  const health = createHealth(new AbortController().signal)
  const watches = createAggregateWatches({ store })
  const app = createRatingApp({ store, watches, log, metrics: createMetrics(), health })
  return createClient(RatingService, createAppTransport(app))
}
