import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { create } from '@bufbuild/protobuf'
import { TimestampSchema, timestampFromMs } from '@bufbuild/protobuf/wkt'
import { ViolationsSchema } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { Code, createClient } from '@connectrpc/connect'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { appOrigin, createAppTransport } from '@marquee/testing/app-transport'
import { failureOf } from '@marquee/testing/failure-of'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { pino } from 'pino'
import { RatingService, ScaleSchema } from '../../gen/rating/v1/rating_pb.ts'
import { createEmbeddedEventLog } from '../../packages/event-log/embedded/embedded.ts'
import { createDeadLetters } from './dead-letters.ts'
import { createScale } from './scale.ts'
import { defaultRules, scoringOf } from './scoring.ts'
import { createRatingApp } from './service.ts'
import type { RatingDatabase } from './store/database.ts'
import { createMemoryRatingStore } from './store/memory.ts'
import { createSqliteRatingStore } from './store/sqlite.ts'
import type { TopLimits } from './store/top.ts'
import { createAggregateWatches } from './watch.ts'

const movie = { recordId: '1', recordType: 'movie' }

describe('an aggregate', () => {
  test('an aggregate has count, mean, histogram and the score (weight × prior + sum) / (weight + count)', async () => {
    const { client, rate } = setUp()
    await rate('1', [5, 5, 4, 1])
    const { aggregatedRating } = await client.getAggregatedRating(movie)
    expect(aggregatedRating).toMatchObject({ ...movie, count: 4n, mean: 15 / 4 })
    expect(aggregatedRating?.histogram).toEqual([0n, 1n, 0n, 0n, 0n, 0n, 0n, 1n, 0n, 2n])
    expect(aggregatedRating?.bayesianScore).toBeCloseTo((10 * 2.75 + 15) / (10 + 4), 12)
  })

  test('a client computes every number of an aggregate again from what the response has', async () => {
    const { client, rate } = setUp()
    await rate('1', [5, 4.5, 4, 0.5, 4.5, 3])
    const { aggregatedRating: aggregate } = await client.getAggregatedRating(movie)
    const { scale, prior, histogram = [], count, revision, updateTime } = aggregate ?? {}
    expect(scale).toMatchObject({ min: 0.5, max: 5, step: 0.5 })
    expect(prior).toMatchObject({ mean: 2.75, weight: 10 })
    const values = histogram.flatMap((count, index) => Array(Number(count)).fill((index + 1) / 2))
    const sumOf = (each: (value: number) => number) =>
      values.reduce((sum, value) => sum + each(value), 0)
    const [n, sum] = [values.length, sumOf((value) => value)]
    expect(count).toBe(BigInt(n))
    expect(aggregate?.mean).toBe(sum / n)
    expect(aggregate?.variance).toBeCloseTo(sumOf((value) => (value - sum / n) ** 2) / n, 12)
    const total = 10 + n
    const score = (10 * 2.75 + sum) / total
    expect(aggregate?.bayesianScore).toBe(score)
    const square = (10 * (2.75 * 5.5 - 0.5 * 5) + sumOf((value) => value ** 2)) / total
    const deviation = Math.sqrt((square - score ** 2) / (total + 1))
    expect(aggregate?.scoreInterval?.low).toBeCloseTo(score - 1.96 * deviation, 12)
    expect(aggregate?.scoreInterval?.high).toBeCloseTo(score + 1.96 * deviation, 12)
    expect(aggregate?.scoreInterval?.level).toBe(0.95)
    expect(revision).toBeGreaterThan(0n)
    expect(updateTime).toEqual(timestampFromMs(now))
  })

  test('the aggregate of an unrated record is NOT_FOUND, also when a record of another type has the id', async () => {
    const { client, rate } = setUp()
    const failure = await failureOf(client.getAggregatedRating(movie))
    expect(failure.code).toBe(Code.NotFound)
    expect(failure.findDetails(ScaleSchema)).toMatchObject([{ min: 0.5, max: 5, step: 0.5 }])
    await rate('1', [3])
    const book = { recordId: '1', recordType: 'book' }
    expect((await failureOf(client.getAggregatedRating(book))).code).toBe(Code.NotFound)
  })

  test('aggregates of a batch are in the order of the request, without unrated records', async () => {
    const { client, rate } = setUp()
    await rate('a', [1])
    await rate('b', [2])
    const records = ['b', 'x', 'a', 'b'].map((recordId) => ({ recordId, recordType: 'movie' }))
    const { aggregatedRatings, scales } = await client.batchGetAggregatedRatings({ records })
    expect(scales).toMatchObject({ movie: { min: 0.5, max: 5, step: 0.5 } })
    expect(aggregatedRatings.map(({ recordId }) => recordId)).toEqual(['b', 'a', 'b'])
  })

  test('a batch of aggregates has 1 to 500 records', async () => {
    const { client } = setUp()
    const ask = (count: number) =>
      client.batchGetAggregatedRatings({ records: Array.from({ length: count }, () => movie) })
    expect((await ask(500)).aggregatedRatings).toEqual([])
    expect((await failureOf(ask(0))).code).toBe(Code.InvalidArgument)
    expect((await failureOf(ask(501))).code).toBe(Code.InvalidArgument)
  })
})

describe('a rating', () => {
  test('a value is INVALID_ARGUMENT when another instance has just changed its scale', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'rating.db')
    await using first = createSqliteRatingStore({ path, rules: defaultRules })
    const { client } = setUp(undefined, first)
    const rules = { named: new Map(), others: scoringOf(createScale('1:10:1')) }
    await using _ = createSqliteRatingStore({ path, rules })
    const failure = await failureOf(client.putRating({ ...movie, userId: 'ada', value: 4.5 }))
    expect(failure.code).toBe(Code.InvalidArgument)
    expect(failure.rawMessage).toBe('value: must be 1 to 10 in steps of 1')
  })

  test('a rating put twice by a user counts once, with the later value', async () => {
    const { client } = setUp()
    await client.putRating({ ...movie, userId: 'ada', value: 2 })
    const { aggregatedRating } = await client.putRating({ ...movie, userId: 'ada', value: 5 })
    expect(aggregatedRating).toMatchObject({ count: 1n, mean: 5 })
    const { rating } = await client.getRating({ ...movie, userId: 'ada' })
    expect(rating).toMatchObject({ ...movie, userId: 'ada', value: 5 })
    expect(rating?.updateTime).toEqual(timestampFromMs(now))
  })

  test.each([
    [time(-62_135_596_800n), time(-62_135_596_800n)],
    [time(-1n, 999_999_999), time(-1n, 999_000_000)],
    [time(253_402_300_799n, 999_999_999), time(253_402_300_799n, 999_000_000)],
  ])('the rated time of a put is kept to the millisecond: %p', async (ratedTime, expected) => {
    const { client } = setUp()
    const request = { ...movie, userId: 'ada', value: 2 }
    const put = await client.putRating({ ...request, ratedTime })
    expect(put.rating).toMatchObject({ ratedTime: expected, updateTime: timestampFromMs(now) })
    const { rating } = await client.getRating({ ...movie, userId: 'ada' })
    expect(rating).toEqual(put.rating as NonNullable<typeof rating>)
    const again = await client.putRating({ ...request, value: 3 })
    expect(again.rating?.ratedTime).toBeUndefined()
  })

  test('a rating that a user never gave is NOT_FOUND', async () => {
    const { client, rate } = setUp()
    await rate('1', [3])
    const error = await failureOf(client.getRating({ ...movie, userId: 'nobody' }))
    expect(error.code).toBe(Code.NotFound)
    expect(error.rawMessage).toBe('the user has not rated movie "1"')
  })

  test('a rating is deleted once, and deleting it again is harmless', async () => {
    const { client } = setUp()
    await client.putRating({ ...movie, userId: 'ada', value: 2 })
    await client.putRating({ ...movie, userId: 'bob', value: 4 })
    const first = await client.deleteRating({ ...movie, userId: 'ada' })
    expect(first).toMatchObject({ deleted: true, aggregatedRating: { count: 1n, mean: 4 } })
    const again = await client.deleteRating({ ...movie, userId: 'ada' })
    expect(again).toMatchObject({ deleted: false, aggregatedRating: { count: 1n } })
    const last = await client.deleteRating({ ...movie, userId: 'bob' })
    expect(last.deleted).toBe(true)
    expect(last.aggregatedRating).toBeUndefined()
  })

  test.each([
    ['the value 0', 'value', { value: 0 }],
    ['the value 5.5', 'value', { value: 5.5 }],
    ['the value 3.7', 'value', { value: 3.7 }],
    ['the value NaN', 'value', { value: Number.NaN }],
    ['an infinite value', 'value', { value: Number.POSITIVE_INFINITY }],
    ['no value', 'value', { value: undefined }],
    ['no user', 'user_id', { userId: '' }],
    ['a space in the user id', 'user_id', { userId: 'a b' }],
    ['129 characters of record id', 'record_id', { recordId: 'x'.repeat(129) }],
    ['a rated time before the year 1', 'rated_time', { ratedTime: time(-62_135_596_801n) }],
    ['a rated time after the year 9999', 'rated_time', { ratedTime: time(253_402_300_800n) }],
    ['a second of more nanoseconds', 'rated_time', { ratedTime: time(253_402_300_798n, 1e9) }],
    ['negative nanoseconds', 'rated_time', { ratedTime: time(0n, -1) }],
    ['65 characters of record type', 'record_type', { recordType: 'x'.repeat(65) }],
  ])(
    'a rating with %s is INVALID_ARGUMENT, names %s, and counts nothing',
    async (_, field, wrong) => {
      const { client } = setUp()
      const error = await failureOf(
        client.putRating({ ...movie, userId: 'ada', value: 3, ...wrong }),
      )
      expect(error.code).toBe(Code.InvalidArgument)
      const violations = error.findDetails(ViolationsSchema).flatMap((detail) => detail.violations)
      const fields = violations.map((one) => one.field?.elements[0]?.fieldName)
      expect(new Set(fields)).toEqual(new Set([field]))
      expect((await client.listTopRated({ recordType: 'movie' })).aggregatedRatings).toEqual([])
    },
  )
})

describe('ListTopRated', () => {
  test('the top list pages to its end by score, then id, without repeats', async () => {
    const { client, rate } = setUp()
    for (let n = 0; n < 23; n++) await rate(`${n}`, [(n % 5) + 1])
    const seen: { recordId: string; bayesianScore: number }[] = []
    let pageToken = ''
    do {
      const page = await client.listTopRated({ recordType: 'movie', pageSize: 4, pageToken })
      expect(page.aggregatedRatings.length).toBeLessThanOrEqual(4)
      seen.push(...page.aggregatedRatings)
      pageToken = page.nextPageToken
    } while (pageToken !== '')
    const order = seen.toSorted(
      (a, b) => b.bayesianScore - a.bayesianScore || (a.recordId < b.recordId ? -1 : 1),
    )
    expect(seen.map(({ recordId }) => recordId)).toEqual(order.map(({ recordId }) => recordId))
    expect(new Set(seen.map(({ recordId }) => recordId)).size).toBe(23)
  })

  test('the top list has many good ratings before a single best one, and omits records with few ratings', async () => {
    const { client, rate } = setUp()
    await rate('one', [5])
    await rate('many', [5, 5, 5, 5, 4])
    const list = async (countMin: bigint) => {
      const response = await client.listTopRated({ recordType: 'movie', countMin })
      return response.aggregatedRatings.map(({ recordId }) => recordId)
    }
    expect(await list(0n)).toEqual(['many', 'one'])
    expect(await list(2n)).toEqual(['many'])
  })

  test('a page of the top list may be empty when no record has enough ratings, and the next page continues', async () => {
    const { client, rate } = setUp({ walkedCountMax: 3, sliceSize: 2 })
    for (let n = 0; n < 8; n++) await rate(`${n}`, n === 7 ? [2, 2] : [3])
    const seen: string[][] = []
    let pageToken = ''
    do {
      const page = await client.listTopRated({ recordType: 'movie', countMin: 2n, pageToken })
      seen.push(page.aggregatedRatings.map(({ recordId }) => recordId))
      pageToken = page.nextPageToken
    } while (pageToken !== '')
    expect(seen).toEqual([[], [], ['7']])
  })

  test('the top list refuses a token of another list, and an invented one', async () => {
    const { client, rate } = setUp()
    for (const id of ['a', 'b']) await rate(id, [3])
    const movies = { recordType: 'movie', pageSize: 1 }
    const { nextPageToken: pageToken } = await client.listTopRated(movies)
    expect(pageToken).not.toBe('')
    for (const request of [
      { ...movies, countMin: 1n, pageToken },
      { ...movies, recordType: 'book', pageToken },
      { ...movies, pageToken: 'bm9uc2Vuc2U' },
      { ...movies, pageToken: `${pageToken}`.slice(4) },
    ]) {
      expect((await failureOf(client.listTopRated(request))).code).toBe(Code.InvalidArgument)
    }
  })
})

test('ImportRatings counts what it created, replaced and refused, and says why, by position', async () => {
  const { client, rate } = setUp()
  await rate('1', [3])
  const given = { ...movie, value: 4 }
  const summary = await client.importRatings(
    stream([
      { rating: { ...given, userId: 'user-0' } },
      { rating: { ...given, userId: 'ada', value: 9 } },
      {},
      { rating: { ...given, userId: 'ada', value: 1 } },
      { rating: { ...given, userId: 'ada', value: 2 } },
    ]),
  )
  expect(summary).toMatchObject({ createdCount: 1n, replacedCount: 2n, refusedCount: 2n })
  expect(summary.refusals).toMatchObject([
    { index: 1n, recordId: '1', reason: expect.stringContaining('value') },
    { index: 2n, recordId: '', reason: expect.stringContaining('rating') },
  ])
  const { aggregatedRating } = await client.getAggregatedRating(movie)
  expect(aggregatedRating?.histogram).toEqual([0n, 0n, 0n, 1n, 0n, 0n, 0n, 1n, 0n, 0n])
})

test('ImportRatings keeps the rated time of each rating, and refuses one out of range', async () => {
  const { client } = setUp()
  const given = { ...movie, value: 4 }
  const ratedTime = timestampFromMs(Date.UTC(1999, 11, 31))
  const summary = await client.importRatings(
    stream([
      { rating: { ...given, userId: 'ann', ratedTime, updateTime: time(1n) } },
      { rating: { ...given, userId: 'bob' } },
      { rating: { ...given, userId: 'cy', ratedTime: time(253_402_300_800n) } },
      { rating: { ...given, userId: 'dee', ratedTime: time(0n, 1e9) } },
    ]),
  )
  expect(summary).toMatchObject({ createdCount: 2n, refusedCount: 2n })
  const reasons = summary.refusals.map(({ reason }) => reason)
  expect(reasons[0]).toStartWith('rated_time: must be greater than or equal to 0001-01-01')
  expect(reasons[1]).toBe('rated_time: must have nanos from 0 to 999999999; got 1000000000')
  const get = async (userId: string) => (await client.getRating({ ...movie, userId })).rating
  expect(await get('ann')).toMatchObject({ ratedTime, updateTime: timestampFromMs(now) })
  expect((await get('bob'))?.ratedTime).toBeUndefined()
})

describe('revalidation', () => {
  test.each([
    ['GetAggregatedRating', movie],
    ['BatchGetAggregatedRatings', { records: [movie] }],
    ['ListTopRated', { recordType: 'movie' }],
    ['GetRating', { ...movie, userId: 'user-0' }],
  ])('a cache that revalidates %s gets 304 until a rating changes', async (method, message) => {
    const { app, rate } = setUp()
    await rate('1', [3])
    const query = new URLSearchParams({
      connect: 'v1',
      encoding: 'json',
      message: JSON.stringify(message),
    })
    const url = `${appOrigin}/rating.v1.RatingService/${method}?${query}`
    const ask = (headers: Record<string, string>) => app.request(url, { headers })
    const etag = (await ask({})).headers.get('etag') ?? ''
    expect(etag).toMatch(/^W\/"[0-9a-z]+"$/)
    expect((await ask({ 'if-none-match': etag })).status).toBe(304)
    await rate('1', [5])
    const changed = await ask({ 'if-none-match': etag })
    expect([changed.status, changed.headers.get('etag') === etag]).toEqual([200, false])
  })
})

describe('REST', () => {
  test('PUT /rating saves a rating and returns the aggregate; GET returns either', async () => {
    const { app, client } = setUp()
    const path = '/rating?id=1&type=movie'
    const stored = await app.request(`${path}&userId=ada&value=4`, { method: 'PUT' })
    expect(stored.status).toBe(200)
    const aggregate = await stored.json()
    expect(aggregate).toMatchObject({ ...movie, count: '1', mean: 4 })
    expect(await (await app.request(path)).json()).toEqual(aggregate)
    const own = await (await app.request(`${path}&userId=ada`)).json()
    const updateTime = new Date(now).toISOString()
    expect(own).toEqual({
      ...movie,
      userId: 'ada',
      value: 4,
      updateTime,
      revision: aggregate.revision,
    })
    for (const value of ['0.5', '4.5', '5.0']) {
      await app.request(`${path}&userId=ada&value=${value}`, { method: 'PUT' })
      const { rating } = await client.getRating({ ...movie, userId: 'ada' })
      expect(rating?.value).toBe(Number(value))
    }
  })

  test.each([
    ['GET', 'id=1', 400],
    ['GET', 'type=movie', 400],
    ['GET', 'id=1&type=movie', 404],
    ['GET', 'id=1&type=movie&userId=ada', 404],
    ['PUT', 'id=1&type=movie&value=3', 400],
    ['PUT', 'id=1&type=movie&userId=ada', 400],
    ['PUT', 'id=1&type=movie&userId=ada&value=0', 400],
    ['PUT', 'id=1&type=movie&userId=ada&value=6', 400],
    ['PUT', 'id=1&type=movie&userId=ada&value=3.7', 400],
    ['PUT', 'id=1&type=movie&userId=ada&value=NaN', 400],
    ['PUT', 'id=1&type=movie&userId=ada&value=x', 400],
    ['PUT', 'id=1&type=movie&userId=ada&value=', 400],
    ['PUT', 'id=1&type=movie&userId=ada&value=-1', 400],
    ['PUT', 'id=1&type=movie&userId=ada&value=0x5', 400],
    ['PUT', 'id=1&type=movie&userId=ada&value=%2B5', 400],
    ['PUT', 'id=1&type=movie&userId=ada&value=05', 400],
    ['PUT', 'id=1&type=movie&userId=ada&value=.5', 400],
    ['PUT', 'id=1&type=movie&userId=ada&value=4.', 400],
    ['PUT', 'id=1&type=movie&userId=ada&value=5e0', 400],
    ['PUT', 'id=1&type=movie&userId=ada&value=%205', 400],
    ['PUT', 'id=1&type=movie&userId=ada&value=99999999999', 400],
  ])('%s /rating?%s is %d, with a message', async (method, query, status) => {
    const response = await setUp().app.request(`/rating?${query}`, { method })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ message: expect.any(String) })
  })

  test('another method of /rating is 405, and Allow lists the methods', async () => {
    const response = await setUp().app.request('/rating?id=1&type=movie', { method: 'POST' })
    expect([response.status, response.headers.get('allow')]).toEqual([
      405,
      'GET, HEAD, PUT, OPTIONS',
    ])
  })
})

const now = Date.UTC(2026, 10, 23, 12, 0, 0, 250)

function time(seconds: bigint, nanos = 0) {
  return create(TimestampSchema, { seconds, nanos })
}

function setUp(
  topLimits?: TopLimits,
  store: RatingDatabase = createMemoryRatingStore({
    rules: defaultRules,
    clock: () => now,
    ...(topLimits && { topLimits }),
  }),
) {
  const app = createRatingApp({
    store,
    watches: createAggregateWatches({ store }),
    deadLetters: createDeadLetters(createEmbeddedEventLog({ path: ':memory:', partitions: 1 })),
    log: pino({ level: 'silent' }),
    metrics: createMetrics(),
    health: createHealth(new AbortController().signal),
  })
  const client = createClient(RatingService, createAppTransport(app))
  return {
    app,
    client,
    /** A rating of a movie by as many users as there are values: `user-0`, `user-1` … */
    async rate(recordId: string, values: readonly number[]) {
      for (const [n, value] of values.entries()) {
        await client.putRating({ recordId, recordType: 'movie', userId: `user-${n}`, value })
      }
    },
  }
}

async function* stream<T>(messages: readonly T[]): AsyncGenerator<T> {
  yield* messages
}
