import { describe, expect, test } from 'bun:test'
import { randomRuns } from '@marquee/testing/random-runs'
import fc from 'fast-check'
import type { Rating, RatingChange, StoredRating } from '../../rating.ts'
import type { RatingDatabase } from '../database.ts'
import type { PageOptions, RatingPage, RatingPlace, UserPosition } from '../rating-lists.ts'
import { alien, heat, movie, type OpenRatingStore, rating, rules, startTimeMs } from './fixtures.ts'

type Store = RatingDatabase
type ReadPage<Position> = (options: PageOptions<Position>) => Promise<RatingPage<Position>>

type ReadAll = (
  store: Store,
  limit: number,
  beforePage?: () => Promise<void>,
) => Promise<StoredRating[]>

const ofUser =
  (store: Store, userId: string): ReadPage<UserPosition> =>
  (options) =>
    store.ratingsOfUser(userId, options)

const ofRecord =
  (store: Store): ReadPage<string> =>
  (options) =>
    store.ratingsOfRecord(alien, options)

const ofAll =
  ({ outbox }: Store): ReadPage<RatingPlace> =>
  ({ limit, after = { record: 0, userId: '' } }) =>
    outbox.ratings(after, limit)

const emptyPage = { ratings: [], next: undefined }

/** Declares the tests of the lists of ratings. */
export function describeLists(createDatabase: () => OpenRatingStore, clock: () => number): void {
  const openNew = () => createDatabase()({ rules, clock })

  test('the ratings of a user are listed with the newest first, in pages of any size', async () => {
    await using store = await openNew()
    for (const id of ['1', '2', '3', '4']) await store.put([rating('ann', 3, movie(id))])
    await store.put([rating('bob', 1, movie('5'))])
    await store.put([rating('ann', 5, movie('2'))])
    await store.delete(movie('3'), 'ann')
    expect(await store.countOfUser('ann')).toBe(3)
    for (const limit of [1, 2, 3, 100]) {
      const found = await all(limit, ofUser(store, 'ann'))
      expect(found.map(({ recordId, value }) => [recordId, value])).toEqual([
        ['2', 5],
        ['4', 3],
        ['1', 3],
      ])
      expect(found[0]).toEqual((await store.get(movie('2'), 'ann')) as StoredRating)
    }
  })

  test('the ratings of a record are listed by user id, compared by code point', async () => {
    await using store = await openNew()
    const users = ['10', '9', 'A', 'a', 'É', '\uffee', '😀']
    await store.put(users.toReversed().map((user) => rating(user, 2)))
    await store.put([rating('ann', 4, heat)])
    for (const limit of [1, 3, 100]) {
      const found = await all(limit, ofRecord(store))
      expect(found.map(({ userId }) => userId)).toEqual(users)
      expect(found[0]).toEqual((await store.get(alien, '10')) as StoredRating)
    }
  })

  test('a position may have a text that no user has', async () => {
    await using store = await openNew()
    await store.put(['ann', 'bob'].map((user) => rating(user, 2)))
    const { next } = await store.outbox.ratings({ record: 0, userId: '' }, 1)
    const after = { record: next?.record ?? 0, userId: 'ann\0' }
    const { ratings } = await store.outbox.ratings(after, 9)
    expect(ratings.map(({ userId }) => userId)).toEqual(['bob'])
  })

  test('a list without ratings has one empty page', async () => {
    await using store = await openNew()
    const options = { limit: 10 }
    await store.put([rating('ann', 4)])
    await store.delete(alien, 'ann')
    for (const user of ['ann', 'bob', 'ann\0', '\ud83d']) {
      expect(await store.ratingsOfUser(user, options)).toEqual(emptyPage)
      expect(await store.countOfUser(user)).toBe(0)
    }
    for (const record of [alien, heat, movie('alien\0'), { ...alien, recordType: '\ud83d' }]) {
      expect(await store.ratingsOfRecord(record, options)).toEqual(emptyPage)
    }
  })

  test('a rating that is deleted and put again in the same millisecond is listed once', async () => {
    await using store = await createDatabase()({ rules, clock: () => startTimeMs })
    await store.put([rating('ann', 4)])
    await store.put([rating('ann', 5)])
    await store.delete(alien, 'ann')
    await store.put([rating('ann', 1), rating('ann', 2, heat)])
    const { ratings } = await store.ratingsOfUser('ann', { limit: 10 })
    expect(ratings.map(({ value }) => value).sort()).toEqual([1, 2])
    expect(await store.countOfUser('ann')).toBe(2)
    await store.delete(alien, 'ann')
    expect(await store.countOfUser('ann')).toBe(1)
    const rest = await store.ratingsOfUser('ann', { limit: 10 })
    expect(rest.ratings.map(({ recordId }) => recordId)).toEqual([heat.recordId])
  })

  test(
    'the ratings of many large batches of events are listed, each once',
    async () => {
      await using store = await openNew()
      const expected = new Set<string>()
      for (let batch = 0; batch < 11; batch++) {
        const changes = Array.from({ length: 5_000 }, (_, index): RatingChange => {
          const record = movie(`${(batch + index) % 700}`)
          return { ...record, userId: `${index % 900}`, value: 3, kind: 'put' }
        })
        for (const { recordId, userId } of changes) expected.add(`${recordId} ${userId}`)
        await apply(store, batch, changes)
      }
      const found = await all(1_000, ofAll(store))
      const keys = found.map(({ recordId, userId }) => `${recordId} ${userId}`)
      expect(keys.sort()).toEqual([...expected].sort())
      const listed = await all(7, ofUser(store, '7'))
      const own = keys.filter((key) => key.endsWith(' 7'))
      expect(listed.map(({ recordId, userId }) => `${recordId} ${userId}`).sort()).toEqual(own)
      expect(await store.countOfUser('7')).toBe(own.length)
    },
    propertyTimeoutMs,
  )

  describe('while others write', () => {
    test.each<[string, ReadAll]>([
      ['of a user', (store, limit, next) => all(limit, ofUser(store, '1'), next)],
      ['of a record', (store, limit, next) => all(limit, ofRecord(store), next)],
      ['of all', (store, limit, next) => all(limit, ofAll(store), next)],
    ])(
      'the list %s has each unchanged rating once',
      async (_, readAll) => {
        const property = fc.asyncProperty(anyWrites, anyWrites, async (before, meanwhile) => {
          await using store = await openNew()
          for (const one of before) await write(store, one)
          const first = await readAll(store, 1_000)
          const found = await readAll(store, 2, async () => {
            const next = meanwhile.shift()
            if (next !== undefined) await write(store, next)
          })
          const last = await readAll(store, 1_000)
          const newest = await all(1_000, ofUser(store, '1'))
          expect(await store.countOfUser('1')).toBe(newest.length)
          const keyOf = (one: StoredRating) => JSON.stringify(one)
          const unchanged = new Set(last.map(keyOf)).intersection(new Set(first.map(keyOf)))
          const seen = found.map(keyOf).filter((key) => unchanged.has(key))
          expect(seen.sort()).toEqual([...unchanged].sort())
        })
        await fc.assert(property, { numRuns: randomRuns(10) })
      },
      propertyTimeoutMs,
    )
  })
}

/** Declares the tests of the lists of a durable store. */
export function describeDurableLists(
  createDatabase: () => OpenRatingStore,
  clock: () => number,
): void {
  test('a store that is opened again lists what another has put', async () => {
    const open = createDatabase()
    const first = await open({ rules, clock })
    await first.put([rating('ann', 4), rating('ann', 5, heat)])
    await first.delete(heat, 'ann')
    await first[Symbol.asyncDispose]()
    await using second = await open({ rules, clock })
    const { ratings } = await second.ratingsOfUser('ann', { limit: 10 })
    expect(ratings.map(({ recordId }) => recordId)).toEqual([alien.recordId])
    expect(await second.countOfUser('ann')).toBe(1)
  })
}

/** Enough for ten runs on a shared disk. */
const propertyTimeoutMs = 180_000

/** Few users, records and values, so that many writes are about the same rating. */
const anyWrite = fc.record({
  kind: fc.constantFrom('put', 'put', 'delete'),
  userId: fc.integer({ min: 1, max: 4 }).map(String),
  record: fc.constantFrom(alien, heat, ...['a', 'b', 'c', 'd'].map(movie)),
  value: fc.integer({ min: 1, max: 5 }),
})
const anyWrites = fc.array(anyWrite, { maxLength: 40 })

type Write = typeof anyWrite extends fc.Arbitrary<infer One> ? One : never

async function write(store: Store, { kind, userId, record, value }: Write): Promise<void> {
  if (kind === 'delete') await store.delete(record, userId)
  else await store.put([rating(userId, value, record) satisfies Rating])
}

async function apply(store: Store, batch: number, changes: RatingChange[]): Promise<void> {
  const [topic, partition, log] = ['ratings', 0, 'log']
  const expectedPosition = batch === 0 ? undefined : batch * changes.length
  const nextPosition = (batch + 1) * changes.length
  await store.apply({ topic, partition, log, expectedPosition, nextPosition, changes })
}

/** Reads all pages. Each is full, but for the last one. */
async function all<Position>(
  limit: number,
  read: ReadPage<Position>,
  beforePage = async () => {},
): Promise<StoredRating[]> {
  const found: StoredRating[] = []
  let page = await read({ limit })
  for (;;) {
    found.push(...page.ratings)
    if (page.next === undefined) return found
    expect(page.ratings).toHaveLength(limit)
    await beforePage()
    page = await read({ limit, after: page.next })
  }
}
