import { describe, expect, test } from 'bun:test'
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt'
import { Code, createClient } from '@connectrpc/connect'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { compareCodePoints } from '@marquee/sql/code-points'
import { appOrigin, createAppTransport } from '@marquee/testing/app-transport'
import { failureOf } from '@marquee/testing/failure-of'
import fc from 'fast-check'
import { pino } from 'pino'
import { type AggregatedRating, Period, RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { dayMs } from './period/period.ts'
import { createPeriodLists } from './period/period-lists.ts'
import { rankingLimits } from './period/rankings.ts'
import type { Rating } from './rating.ts'
import { defaultRules, defaultScoring, scoreOf } from './scoring.ts'
import { createRatingApp } from './service.ts'
import { createMemoryRatingStore } from './store/memory.ts'
import { createAggregateWatches } from './watch.ts'

const noonMs = Date.parse('2026-11-23T12:00:00Z')
const endMs = Date.parse('2026-11-24T00:00:00Z')
const periods = [
  [Period.WEEK, 7],
  [Period.MONTH, 30],
] as const

describe('the top list of a period', () => {
  test('ranks records by the ratings of the period alone', async () => {
    const { store, list } = setUp()
    await store.put([
      ...rated('old', 40, [5, 5, 5, 5]),
      ...rated('month', 20, [5, 5]),
      ...rated('week', 2, [4]),
      ...rated('mixed', 3, [1, 1, 1]),
      ...rated('mixed', 300, [5, 5, 5, 5, 5, 5], 'older'),
    ])
    expect(await list(Period.UNSPECIFIED)).toEqual(['old', 'mixed', 'month', 'week'])
    expect(await list(Period.MONTH)).toEqual(['month', 'week', 'mixed'])
    expect(await list(Period.WEEK)).toEqual(['week', 'mixed'])
    expect(await list(Period.WEEK, { countMin: 2n })).toEqual(['mixed'])
    expect(await list(Period.WEEK, { recordType: 'book' })).toEqual([])
  })

  test('an aggregate of the list has the numbers of the period, and the response its window', async () => {
    const { client, store } = setUp()
    await store.put([...rated('a', 0, [4, 5]), ...rated('a', 9, [1], 'other')])
    const request = { recordType: 'movie', period: Period.WEEK }
    const { aggregatedRatings, window } = await client.listTopRated(request)
    const revision = BigInt(await store.revision())
    expect(aggregatedRatings).toMatchObject([{ recordId: 'a', count: 2n, mean: 4.5, revision }])
    expect(aggregatedRatings[0]?.bayesianScore).toBe((10 * 2.75 + 9) / 12)
    expect(aggregatedRatings[0]?.updateTime).toBeUndefined()
    expect(window).toMatchObject({
      startTime: timestampFromMs(endMs - 7 * dayMs),
      endTime: timestampFromMs(endMs),
      revision,
    })
    expect((await client.listTopRated({ recordType: 'movie' })).window).toBeUndefined()
  })

  test('ratings leave the list as time goes by', async () => {
    const { store, list, clock } = setUp()
    await store.put([...rated('today', 0, [5]), ...rated('six days ago', 6, [5, 5])])
    expect(await list(Period.WEEK)).toEqual(['six days ago', 'today'])
    clock.nowMs = endMs
    expect(await list(Period.WEEK)).toEqual(['today'])
    expect(await list(Period.MONTH)).toEqual(['six days ago', 'today'])
    clock.nowMs = endMs + 6 * dayMs
    expect(await list(Period.WEEK)).toEqual([])
    clock.nowMs = endMs + 23 * dayMs
    expect(await list(Period.MONTH)).toEqual(['today'])
  })

  test('ratings that are put, changed, deleted or erased change the next list', async () => {
    const { client, store, list } = setUp()
    await store.put([...rated('a', 1, [5, 5]), ...rated('b', 1, [4])])
    expect(await list(Period.WEEK)).toEqual(['a', 'b'])
    await store.put([...rated('a', 1, [1, 1])])
    expect(await list(Period.WEEK)).toEqual(['b', 'a'])
    await client.deleteRating({ recordId: 'b', recordType: 'movie', userId: 'user-0' })
    expect(await list(Period.WEEK)).toEqual(['a'])
    await store.put(rated('a', 99, [1]))
    await client.eraseUser({ userId: 'user-1' })
    expect(await list(Period.WEEK)).toEqual([])
  })

  test('a list begun before midnight goes on in its window, until the end of the next day', async () => {
    const { client, store, clock } = setUp()
    await store.put(['a', 'b', 'c'].flatMap((id) => rated(id, 6, [5])))
    const request = { recordType: 'movie', period: Period.WEEK, pageSize: 1 }
    const first = await client.listTopRated(request)
    clock.nowMs = endMs
    const second = await client.listTopRated({ ...request, pageToken: first.nextPageToken })
    expect(second.aggregatedRatings.map(({ recordId }) => recordId)).toEqual(['b'])
    expect(second.window && timestampMs(second.window.endTime ?? timestampFromMs(0))).toBe(endMs)
    expect((await client.listTopRated(request)).aggregatedRatings).toEqual([])
    clock.nowMs = endMs + dayMs
    const later = client.listTopRated({ ...request, pageToken: second.nextPageToken })
    const { code, rawMessage } = await failureOf(later)
    expect([code, rawMessage]).toEqual([
      Code.InvalidArgument,
      'the list of page_token has ended: begin again, without a page_token',
    ])
  })

  test('a token belongs to the list of one period', async () => {
    const { client, store } = setUp()
    await store.put(['a', 'b', 'c'].flatMap((id) => rated(id, 1, [5])))
    const movies = { recordType: 'movie', pageSize: 1 }
    const week = await client.listTopRated({ ...movies, period: Period.WEEK })
    const all = await client.listTopRated(movies)
    for (const request of [
      { ...movies, pageToken: week.nextPageToken },
      { ...movies, period: Period.MONTH, pageToken: week.nextPageToken },
      { ...movies, period: Period.WEEK, pageToken: all.nextPageToken },
      { ...movies, period: 3 as Period },
    ]) {
      expect((await failureOf(client.listTopRated(request))).code).toBe(Code.InvalidArgument)
    }
  })

  test('a cache that revalidates the list gets 304 until a rating changes, or the day ends', async () => {
    const { app, store, clock } = setUp()
    await store.put(rated('a', 1, [5]))
    const path = `${appOrigin}/v1/movies:topRated?period=PERIOD_WEEK`
    const get = (etag: string) => app.request(path, { headers: { 'if-none-match': etag } })
    const etagOf = async () => (await app.request(path)).headers.get('etag') ?? ''
    const first = await etagOf()
    expect((await get(first)).status).toBe(304)
    await store.put(rated('b', 1, [5]))
    expect((await get(first)).status).toBe(200)
    const second = await etagOf()
    clock.nowMs = endMs
    expect((await get(second)).status).toBe(200)
  })

  test('pages of any size are the ranking of all ratings', async () => {
    await fc.assert(
      fc.asyncProperty(anyRatings, fc.integer({ min: 1, max: 4 }), async (ratings, pageSize) => {
        const { client, store } = setUp()
        await store.put(ratings)
        for (const [period, days] of periods) {
          const seen: AggregatedRating[] = []
          let pageToken = ''
          do {
            const request = { recordType: 'movie', period, pageSize, pageToken }
            const page = await client.listTopRated(request)
            seen.push(...page.aggregatedRatings)
            pageToken = page.nextPageToken
          } while (pageToken !== '')
          const found = seen.map(({ recordId, histogram, bayesianScore }) => {
            return { recordId, histogram: histogram.map(Number), bayesianScore }
          })
          expect(found).toEqual(rankingByHand(ratings, endMs - days * dayMs))
        }
      }),
      { numRuns: 20 },
    )
  })
})

test('lists of more records than there is room for are refused, not shortened', async () => {
  const store = createStore()
  await store.put(['a', 'b', 'c'].flatMap((id) => rated(id, 1, [5])))
  const page = (recordCountMax: number) => {
    const limits = { ...rankingLimits, recordCountMax }
    const lists = createPeriodLists({
      store,
      clock: { timeMs: () => noonMs, elapsedMs: () => 0 },
      limits,
    })
    return lists.page({ recordType: 'movie', period: 'week', countMin: 0, limit: 9 })
  }
  expect((await page(2)).kind).toBe('too-large')
  expect((await page(3)).kind).toBe('found')
})

const anyRatings = fc.array(
  fc
    .tuple(
      fc.constantFrom('ann', 'bob', 'cy'),
      fc.integer({ min: 1, max: 3 }),
      fc.nat({ max: 12 }),
      fc.integer({ min: -1, max: 31 }),
    )
    .map(([userId, value, id, days]) => {
      const ratedTimeMs = noonMs - days * dayMs
      return { recordType: 'movie', recordId: `${id}`, userId, value, ratedTimeMs }
    }),
  { maxLength: 60 },
)

function rankingByHand(ratings: readonly (Rating & { ratedTimeMs: number })[], startMs: number) {
  const last = new Map(ratings.map((one) => [`${one.recordId} ${one.userId}`, one]))
  const histograms = new Map<string, number[]>()
  const { values } = defaultScoring.scale
  for (const { recordId, value, ratedTimeMs } of last.values()) {
    if (ratedTimeMs < startMs || ratedTimeMs >= endMs) continue
    const counts = histograms.get(recordId) ?? values.map(() => 0)
    const step = values.indexOf(value)
    histograms.set(recordId, counts.with(step, (counts[step] ?? 0) + 1))
  }
  return [...histograms]
    .map(([recordId, histogram]) => {
      return { recordId, histogram, bayesianScore: scoreOf(histogram, defaultScoring) }
    })
    .sort((a, b) => b.bayesianScore - a.bayesianScore || compareCodePoints(a.recordId, b.recordId))
}

/** Ratings of a movie some days ago, by as many users as there are values. */
function rated(recordId: string, days: number, values: readonly number[], user = 'user'): Rating[] {
  const ratedTimeMs = noonMs - days * dayMs
  return values.map((value, index) => {
    return { recordType: 'movie', recordId, userId: `${user}-${index}`, value, ratedTimeMs }
  })
}

function createStore() {
  return createMemoryRatingStore({ rules: defaultRules, clock: () => noonMs })
}

function setUp() {
  const clock = { nowMs: noonMs, timeMs: () => clock.nowMs, elapsedMs: () => 0 }
  const store = createStore()
  const app = createRatingApp({
    store,
    watches: createAggregateWatches({ store }),
    clock,
    log: pino({ level: 'silent' }),
    metrics: createMetrics(),
    health: createHealth(new AbortController().signal),
  })
  const client = createClient(RatingService, createAppTransport(app))
  return {
    app,
    client,
    store,
    clock,
    /** Ids of the list. */
    async list(period: Period, options: { countMin?: bigint; recordType?: string } = {}) {
      const request = { recordType: 'movie', period, ...options }
      const { aggregatedRatings } = await client.listTopRated(request)
      return aggregatedRatings.map(({ recordId }) => recordId)
    },
  }
}
