import { describe, expect, test } from 'bun:test'
import type { StoreCapabilities } from '@marquee/sql/capabilities'
import { randomRuns } from '@marquee/testing/random-runs'
import { describeClaimed } from '@marquee/testing/requirements'
import fc from 'fast-check'
import type { Aggregate } from '../../rating.ts'
import { describeApply } from './apply.ts'
import {
  describeDurability,
  describeListeners,
  describeReopening,
  describeRevision,
} from './changes.ts'
import { describeEdits, expectOneWinner } from './edits.ts'
import {
  alien,
  createClock,
  heat,
  movie,
  type OpenNew,
  type OpenRatingStore,
  rating,
  rules,
  startTimeMs,
} from './fixtures.ts'
import { describeDurableLists, describeLists } from './lists.ts'
import { describeLogs } from './logs.ts'
import { actsAsList } from './model.ts'
import { describeOutbox } from './outbox.ts'
import { describePeriods, describeStoredPeriods } from './periods.ts'
import { describeRatedTimes, describeStoredRatedTimes } from './rated-times.ts'
import { describeRestore } from './restore.ts'
import { type ConvertScale, describeScales, describeStoredScales } from './scales.ts'
import { describeSharing } from './sharing.ts'
import { describeSkips } from './skips.ts'
import { describeStates } from './states.ts'
import { describeTop, emptyPage } from './top.ts'

/**
 * Declares the tests that every adapter of RatingStore and ChangeSink passes. `createDatabase`
 * creates an empty database and returns a function that opens a store on it, any number of times.
 * `convert` converts such a database to another scale.
 */
export function ratingStoreContract(
  name: string,
  capabilities: StoreCapabilities,
  createDatabase: () => OpenRatingStore,
  convert: ConvertScale,
): void {
  const clock = createClock()
  const openNew = () => createDatabase()({ rules, clock })

  describe(`${name}: a rating store`, () => {
    test('a store reports its capabilities', async () => {
      await using store = await openNew()
      expect(store.capabilities).toEqual(capabilities)
    })
    describeClaimed(capabilities.shared !== 'process', 'two stores on one database', () =>
      describeSharing(createDatabase),
    )
    describeRatings(openNew)
    describeEdits(openNew)
    test(
      'of several writers with the same version one wins, and the winners follow each other',
      async () => {
        const open = createDatabase()
        await using first = await open({ rules, clock: Date.now })
        await using other = await open({ rules, clock: Date.now })
        await expectOneWinner(first, capabilities.shared === 'process' ? first : other)
      },
      propertyTimeoutMs,
    )
    describeAggregates(openNew)
    describeScales(createDatabase, clock)
    describeTop(createDatabase, clock)
    describeLists(createDatabase, clock)
    describeApply(openNew)
    describeSkips(openNew)
    describeLogs(createDatabase, clock)
    describeRevision(createDatabase, clock)
    describeStates(createDatabase, clock)
    describeOutbox(createDatabase)
    describeRatedTimes(createDatabase, clock)
    describePeriods(createDatabase)
    describeRestore(createDatabase, clock)
    describeListeners(openNew)
    describeReopening(createDatabase, clock)
    describeClaimed(capabilities.durable, 'durability', () => {
      describeDurability(createDatabase, clock)
      describeDurableLists(createDatabase, clock)
      describeStoredScales(createDatabase, clock, convert)
      describeStoredRatedTimes(createDatabase, clock, convert)
      describeStoredPeriods(createDatabase, convert)
    })

    test(
      'a store behaves like a plain list, whatever is put, deleted and applied',
      async () => {
        await fc.assert(actsAsList(openNew), { numRuns: randomRuns(50) })
      },
      propertyTimeoutMs,
    )
  })
}

/** Enough for fifty runs on a shared disk. */
const propertyTimeoutMs = 180_000

function describeRatings(openNew: OpenNew): void {
  test('get returns a rating as it was put, with the time of the put', async () => {
    await using store = await openNew()
    expect(await store.put([rating('ann', 4)])).toEqual(['created'])
    const found = await store.get(alien, 'ann')
    expect(found).toEqual({
      ...rating('ann', 4),
      revision: await store.revision(),
      updateTimeMs: expect.any(Number),
    })
    expect(found?.updateTimeMs).toBeGreaterThanOrEqual(startTimeMs)
  })

  test('a missing rating returns undefined, and ids are compared exactly', async () => {
    await using store = await openNew()
    await store.put([rating('ann', 4), rating('😀', 5, movie('É'))])
    for (const [record, user] of [
      [alien, 'Ann'],
      [alien, ''],
      [movie('A'), 'ann'],
      [{ recordType: 'Movie', recordId: alien.recordId }, 'ann'],
      [{ recordType: 'moviea', recordId: 'lien' }, 'ann'],
      [movie('E\u0301'), '😀'],
      [movie('É'), '\ud83d'],
      [movie('alien\0'), 'ann'],
      [alien, 'ann\0'],
    ] as const) {
      expect(await store.get(record, user)).toBeUndefined()
      expect(await store.delete(record, user)).toBe(false)
    }
    expect(await store.aggregates([movie('alien\0'), movie('\ud83d')])).toEqual([])
    expect((await store.get(movie('É'), '😀'))?.value).toBe(5)
  })

  test('ids of any visible characters are distinct', async () => {
    await using store = await openNew()
    const ids = [
      'NULL',
      '{}',
      '{a,b}',
      '"',
      '""',
      "'",
      '\\',
      '\\"',
      '%',
      '$1',
      'a:b',
      '\u00a0',
      '\ufeff',
    ]
    const ratings = ids.map((id, index) => rating(id, (index % 5) + 1, movie(id)))
    expect(await store.put(ratings)).toEqual(ids.map(() => 'created'))
    const found = await store.aggregates(ids.map(movie))
    expect(found.map(({ recordId }) => recordId)).toEqual(ids)
    for (const id of ids) {
      expect((await store.get(movie(id), id))?.userId).toBe(id)
      expect(await store.delete(movie(id), id)).toBe(true)
    }
    expect(await store.top({ recordType: 'movie', countMin: 0, limit: 99 })).toEqual(emptyPage)
  })

  test('a second put of a user replaces the first, and counts once', async () => {
    await using store = await openNew()
    await store.put([rating('ann', 1)])
    const before = await store.get(alien, 'ann')
    expect(await store.put([rating('ann', 5)])).toEqual(['replaced'])
    const after = await store.get(alien, 'ann')
    expect(after?.value).toBe(5)
    expect(after?.updateTimeMs).toBeGreaterThan(before?.updateTimeMs ?? Number.NaN)
    expect((await store.aggregate(alien))?.histogram).toEqual([0, 0, 0, 0, 1])
  })

  test('the ratings of one put are saved in order', async () => {
    await using store = await openNew()
    const ratings = [rating('ann', 1), rating('bob', 2), rating('ann', 3), rating('ann', 4, heat)]
    expect(await store.put(ratings)).toEqual(['created', 'created', 'replaced', 'created'])
    expect((await store.aggregate(alien))?.histogram).toEqual([0, 1, 1, 0, 0])
    expect(await store.put(ratings)).toEqual(['replaced', 'replaced', 'replaced', 'replaced'])
    expect((await store.aggregate(alien))?.histogram).toEqual([0, 1, 1, 0, 0])
    expect(await store.put([])).toEqual([])
  })

  test('a rating is deleted once', async () => {
    await using store = await openNew()
    await store.put([rating('ann', 4), rating('bob', 2)])
    expect(await store.delete(alien, 'ann')).toBe(true)
    expect(await store.delete(alien, 'ann')).toBe(false)
    expect(await store.get(alien, 'ann')).toBeUndefined()
    expect((await store.aggregate(alien))?.histogram).toEqual([0, 1, 0, 0, 0])
    expect(await store.put([rating('ann', 4)])).toEqual(['created'])
  })

  test('the ratings of a record are deleted some at a time, and those of others stay', async () => {
    await using store = await openNew()
    const users = ['ann', 'bob', 'cy', 'dee', 'eve']
    await store.put([...users.map((user) => rating(user, 4)), rating('ann', 2, heat)])
    const revision = await store.revision()
    expect(await store.deleteRatings(alien, 2)).toEqual({ deletedCount: 2, areLeft: true })
    expect((await store.aggregate(alien))?.count).toBe(3)
    expect(await store.revision()).toBeGreaterThan(revision)
    expect(await store.deleteRatings(alien, 3)).toEqual({ deletedCount: 3, areLeft: false })
    expect(await store.aggregate(alien)).toBeUndefined()
    for (const user of users) expect(await store.get(alien, user)).toBeUndefined()
    const none = { deletedCount: 0, areLeft: false }
    expect(await store.deleteRatings(alien, 3)).toEqual(none)
    expect(await store.deleteRatings(movie('never rated'), 3)).toEqual(none)
    expect((await store.aggregate(heat))?.count).toBe(1)
  })

  test('a put that rejects saves nothing', async () => {
    await using store = await openNew()
    await store.put([rating('ann', 4)])
    const before = await store.aggregate(alien)
    const revision = await store.revision()
    for (const value of [0, 6, 3.5, Number.NaN, '5' as unknown as number]) {
      const put = store.put([rating('ann', 1), rating('bob', 1), rating('cy', value)])
      expect(await put.catch((error: Error) => error.name)).toBe('RangeError')
    }
    expect(await store.aggregate(alien)).toEqual(before as Aggregate)
    expect((await store.get(alien, 'ann'))?.value).toBe(4)
    expect(await store.get(alien, 'bob')).toBeUndefined()
    expect(await store.revision()).toBe(revision)
  })

  test('100 concurrent puts are all counted', async () => {
    await using store = await openNew()
    const users = Array.from({ length: 100 }, (_, index) => `user${index}`)
    const outcomes = await Promise.all(
      users.map((user, index) => store.put([rating(user, 3), rating('ann', (index % 5) + 1)])),
    )
    expect(outcomes.filter(([, ann]) => ann === 'created')).toHaveLength(1)
    expect((await store.aggregate(alien))?.count).toBe(101)
    await Promise.all(users.map((user) => store.delete(alien, user)))
    expect((await store.aggregate(alien))?.count).toBe(1)
  })
}

function describeAggregates(openNew: OpenNew): void {
  test('an aggregate has count, mean, histogram and weighted score of all ratings', async () => {
    await using store = await openNew()
    await store.put([5, 5, 4, 1].map((value, index) => rating(`user${index}`, value)))
    expect(await store.aggregate(alien)).toEqual({
      ...alien,
      count: 4,
      mean: 15 / 4,
      histogram: [1, 0, 0, 1, 2],
      bayesianScore: (10 * 3 + 15) / (10 + 4),
      prior: { mean: 3, weight: 10 },
      revision: await store.revision(),
      updateTimeMs: (await store.get(alien, 'user0'))?.updateTimeMs ?? Number.NaN,
    })
  })

  test('a record without ratings has no aggregate, even if it had some before', async () => {
    await using store = await openNew()
    expect(await store.aggregate(alien)).toBeUndefined()
    await store.put([rating('ann', 4), rating('bob', 4)])
    await store.delete(alien, 'ann')
    await store.delete(alien, 'bob')
    expect(await store.aggregate(alien)).toBeUndefined()
    expect(await store.aggregates([alien])).toEqual([])
    expect(await store.top({ recordType: 'movie', countMin: 0, limit: 10 })).toEqual(emptyPage)
    await store.put([rating('bob', 1)])
    expect((await store.aggregate(alien))?.histogram).toEqual([1, 0, 0, 0, 0])
  })

  test('records of one id and different types are distinct', async () => {
    await using store = await openNew()
    const book = { recordType: 'book', recordId: alien.recordId }
    await store.put([rating('ann', 1), rating('ann', 5, book)])
    expect((await store.aggregate(alien))?.mean).toBe(1)
    expect((await store.aggregate(book))?.mean).toBe(5)
    const top = await store.top({ recordType: 'book', countMin: 0, limit: 10 })
    expect(top.aggregates.map(({ recordType }) => recordType)).toEqual(['book'])
  })

  test('aggregates are returned in the order of the request, without unrated records', async () => {
    await using store = await openNew()
    const ids = Array.from({ length: 500 }, (_, index) => `${(index * 7) % 500}`)
    await store.put(ids.map((id) => rating('ann', 3, movie(id))))
    const asked = [movie('nobody'), ...ids.map(movie), { recordType: 'book', recordId: '1' }]
    const found = await store.aggregates(asked)
    expect(found.map(({ recordId }) => recordId)).toEqual(ids)
    expect(found[0]).toEqual((await store.aggregate(movie(ids[0] ?? ''))) as Aggregate)
    expect(await store.aggregates([])).toEqual([])
  })
}
