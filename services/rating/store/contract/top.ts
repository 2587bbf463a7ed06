import { expect, test } from 'bun:test'
import { compareCodePoints } from '@marquee/sql/code-points'
import { randomRuns } from '@marquee/testing/random-runs'
import fc from 'fast-check'
import type { Aggregate, Rating } from '../../rating.ts'
import type { RatingStore, TopOptions, TopPage } from '../port.ts'
import { movie, type OpenRatingStore, rating, rules } from './fixtures.ts'

export const emptyPage: TopPage = { aggregates: [], next: undefined }

/** Declares the tests of the top list. */
export function describeTop(createDatabase: () => OpenRatingStore, clock: () => number): void {
  const openNew = () => createDatabase()({ rules, clock })

  test('the top list is ordered by score, then by id by code point', async () => {
    await using store = await openNew()
    const low = ['10', '9', 'A', 'a', 'É', '\uffee', '😀']
    await store.put([
      ...low.toReversed().map((id) => rating('ann', 2, movie(id))),
      rating('ann', 5, movie('z')),
      rating('ann', 4, movie('y')),
      rating('bob', 5, movie('y')),
    ])
    const expected = ['y', 'z', ...low]
    for (const limit of [1, 2, 3, 100]) {
      const found = await pages(store, { recordType: 'movie', countMin: 0, limit })
      expect(found.map(({ recordId }) => recordId)).toEqual(expected)
    }
  })

  test('the top list omits records with fewer ratings than the minimum', async () => {
    await using store = await openNew()
    for (let count = 1; count <= 6; count++) {
      await store.put(usersOf(count).map((user) => rating(user, 3, movie(`${count}`))))
    }
    const found = await pages(store, { recordType: 'movie', countMin: 3, limit: 2 })
    expect(found.map(({ recordId }) => recordId)).toEqual(['3', '4', '5', '6'])
    for (const countMin of [7, 2 ** 31, 2 ** 63]) {
      expect(await store.top({ recordType: 'movie', countMin, limit: 2 })).toEqual(emptyPage)
    }
    expect(await store.top({ recordType: 'book', countMin: 0, limit: 2 })).toEqual(emptyPage)
  })

  test('the top list continues after a position whose record was deleted', async () => {
    await using store = await openNew()
    await store.put(['1', '2', '3'].map((id) => rating('ann', 3, movie(id))))
    const options = { recordType: 'movie', countMin: 0, limit: 2 }
    const { aggregates: first, next } = await store.top(options)
    expect(first.map(({ recordId }) => recordId)).toEqual(['1', '2'])
    expect(next).toEqual({ bayesianScore: first[1]?.bayesianScore as number, recordId: '2' })
    await store.delete(movie('2'), 'ann')
    const rest = await store.top({ ...options, ...(next && { after: next }) })
    expect(rest.aggregates.map(({ recordId }) => recordId)).toEqual(['3'])
    expect(rest.next).toBeUndefined()
    const [last] = rest.aggregates as [Aggregate]
    expect(await store.top({ ...options, after: last })).toEqual(emptyPage)
    const between = { bayesianScore: 3, recordId: '1\0' }
    expect(await store.top({ ...options, after: between })).toEqual(rest)
  })

  test('a page of the top list ends early when a call has omitted the maximum number of records', async () => {
    const topLimits = { walkedCountMax: 5, sliceSize: 2 }
    await using store = await createDatabase()({ rules, clock, topLimits })
    const ids = Array.from({ length: 12 }, (_, number) => String.fromCharCode(97 + number))
    await store.put(ids.map((id) => rating('ann', 3, movie(id))))
    await store.put([rating('bob', 3, movie('g'))])
    const options = { recordType: 'movie', countMin: 2, limit: 2 }
    const first = await store.top(options)
    expect(first).toEqual({ aggregates: [], next: { bayesianScore: 3, recordId: 'e' } })
    const second = await store.top({ ...options, ...(first.next && { after: first.next }) })
    expect(second.aggregates.map(({ recordId }) => recordId)).toEqual(['g'])
    expect(second.next).toEqual({ bayesianScore: 3, recordId: 'j' })
    const third = await store.top({ ...options, ...(second.next && { after: second.next }) })
    expect(third).toEqual(emptyPage)
  })

  test(
    'finds the same however little one page may look at',
    async () => {
      await fc.assert(
        fc.asyncProperty(anyRatings, anyOptions, async (ratings, { topLimits, ...options }) => {
          await using store = await createDatabase()({ rules, clock, topLimits })
          await store.put(ratings)
          const found = await pages(store, { recordType: 'movie', ...options })
          expect(found).toEqual(await expectedTop(store, ratings, options.countMin))
        }),
        { numRuns: randomRuns(30) },
      )
    },
    propertyTimeoutMs,
  )
}

/** Enough for thirty runs on a shared disk. */
const propertyTimeoutMs = 180_000

/** Few values of few users, so that many records have the same score. */
const anyRatings = fc.array(
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 2, max: 4 }), fc.nat({ max: 30 }))
    .map(([user, value, id]) => rating(`${user}`, value, movie(`${id}`))),
  { maxLength: 60 },
)

const anyOptions = fc.record({
  countMin: fc.nat({ max: 4 }),
  limit: fc.integer({ min: 1, max: 5 }),
  topLimits: fc.record({
    walkedCountMax: fc.integer({ min: 1, max: 6 }),
    sliceSize: fc.integer({ min: 1, max: 3 }),
  }),
})

async function expectedTop(
  store: RatingStore,
  ratings: readonly Rating[],
  countMin: number,
): Promise<Aggregate[]> {
  const ids = [...new Set(ratings.map(({ recordId }) => recordId))]
  const all = await store.aggregates(ids.map(movie))
  return all
    .filter(({ count }) => count >= countMin)
    .sort((a, b) => b.bayesianScore - a.bayesianScore || compareCodePoints(a.recordId, b.recordId))
}

function usersOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `user${index}`)
}

/** All pages, of which any may be short. */
async function pages(store: RatingStore, options: TopOptions): Promise<Aggregate[]> {
  const all: Aggregate[] = []
  let page = await store.top(options)
  for (let count = 1; ; count++) {
    expect(page.aggregates.length).toBeLessThanOrEqual(options.limit)
    all.push(...page.aggregates)
    if (page.next === undefined) return all
    expect(count).toBeLessThan(1_000)
    page = await store.top({ ...options, after: page.next })
  }
}
