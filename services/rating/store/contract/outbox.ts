import { expect, test } from 'bun:test'
import type { RatingDatabase } from '../database.ts'
import type { Lease, RatingState } from '../outbox.ts'
import type { RatingPlace } from '../rating-lists.ts'
import { alien, heat, movie, type OpenRatingStore, rating, rules } from './fixtures.ts'

const beginning: RatingPlace = { record: 0, userId: '' }
const lease: Lease = { holder: 'one', durationMs: 1_000 }
const other: Lease = { holder: 'other', durationMs: 1_000 }

/** Declares the tests of the outbox. */
export function describeOutbox(createDatabase: () => OpenRatingStore): void {
  let timeMs = 1_700_000_000_000
  const clock = () => timeMs
  const openNew = () => createDatabase()({ rules, clock })
  const openPublished = async () => {
    const store = await openNew()
    await store.outbox.claim(lease)
    expect(await store.outbox.begin('one', 'topics')).toBe(true)
    return store
  }

  test('a store without a target keeps nothing to publish', async () => {
    await using store = await openNew()
    await store.put([rating('ann', 4)])
    expect(await store.outbox.unpublished(9)).toEqual({
      ratings: [],
      from: undefined,
      through: undefined,
    })
    expect(await store.outbox.size()).toBe(0)
  })

  test('every write is in the outbox, with its own state and stamp, until it is saved', async () => {
    await using store = await openPublished()
    await store.put([rating('ann', 4), rating('bob', 2, heat), rating('ann', 5)])
    const first = await store.revision()
    await store.put([rating('ann', 5)])
    await store.delete(heat, 'bob')
    await store.delete(heat, 'nobody')
    await store.apply({
      topic: 'ratings',
      log: 'log',
      partition: 0,
      expectedPosition: undefined,
      nextPosition: 3,
      changes: [
        { kind: 'put', ...rating('cy', 1, heat) },
        { kind: 'put', ...rating('dee', 1) },
        { kind: 'delete', ...alien, userId: 'dee' },
      ],
    })
    const { ratings, from, through } = await store.outbox.unpublished(9)
    expect(ratings.map(briefly)).toEqual([
      'alien ann 5',
      'heat bob 2',
      'alien ann 5',
      'heat bob -',
      'heat cy 1',
    ])
    expect(ratings[4]).toEqual({ ...((await store.get(heat, 'cy')) as RatingState) })
    expect(from).toBe(first)
    expect(through).toBe(await store.revision())
    expect(await store.outbox.size()).toBeGreaterThan(0)
    expect(await store.outbox.save(lease, { through: first })).toBe(true)
    expect((await store.outbox.unpublished(9)).ratings.map(briefly)).toHaveLength(3)
    await store.outbox.save(lease, { through: through ?? 0 })
    expect((await store.outbox.unpublished(9)).ratings).toEqual([])
    expect(await store.outbox.size()).toBe(0)
  })

  test('writes are returned whole, as many as fit, and at least one', async () => {
    await using store = await openPublished()
    await store.put(['a', 'b', 'c'].map((user) => rating(user, 1)))
    await store.put([rating('d', 1)])
    await store.put([rating('e', 1)])
    const counts = async (countMax: number) =>
      (await store.outbox.unpublished(countMax)).ratings.length
    expect([await counts(1), await counts(4), await counts(5)]).toEqual([3, 4, 5])
  })

  test('a write that finds the outbox full changes nothing', async () => {
    await using store = await createDatabase()({ rules, clock, outboxBytesMax: 60 })
    await store.outbox.claim(lease)
    await store.outbox.begin('one', 'topics')
    await store.put(['a', 'b', 'c', 'd', 'e', 'f'].map((user) => rating(user, 1)))
    const revision = await store.revision()
    await store.put([rating('g', 1)])
    const error = await store.put([rating('h', 1)]).catch((thrown) => thrown)
    expect(error.name).toBe('OutboxFullError')
    expect(await store.get(alien, 'h')).toBeUndefined()
    expect((await store.aggregate(alien))?.count).toBe(7)
    const { through } = await store.outbox.unpublished(99)
    expect(through).toBeGreaterThan(revision)
    await store.outbox.save(lease, { through: through ?? 0 })
    await store.put([rating('h', 1)])
    expect((await store.aggregate(alien))?.count).toBe(8)
  })

  test('one holder has the lease until it ends or is given back', async () => {
    await using store = await openPublished()
    expect(await store.outbox.claim(other)).toBeUndefined()
    expect(await store.outbox.begin('other', 'elsewhere')).toBe(false)
    expect(await store.outbox.save(other, { through: 9 })).toBe(false)
    timeMs += 999
    expect(await store.outbox.save(lease, {})).toBe(true)
    timeMs += 999
    expect(await store.outbox.claim(other)).toBeUndefined()
    timeMs += 1
    expect(await store.outbox.save(lease, { through: 9 })).toBe(false)
    expect(await store.outbox.claim(other)).toMatchObject({ target: 'topics' })
    expect(await store.outbox.claim(lease)).toBeUndefined()
    await store.outbox.release('one')
    expect(await store.outbox.claim(lease)).toBeUndefined()
    await store.outbox.release('other')
    expect(await store.outbox.claim(lease)).toMatchObject({ target: 'topics' })
  })

  test('progress is kept, and another target begins again', async () => {
    await using store = await openPublished()
    const pass = { record: 3, userId: 'bob' }
    const aggregates = { revision: 7, place: 2 }
    await store.outbox.save(lease, { pass: { place: pass, after: 0 }, aggregates })
    await store.outbox.save(lease, { pass: { place: 'end', after: 5 } })
    expect(await store.outbox.claim(lease)).toEqual({
      target: 'topics',
      pass: { place: pass, after: 0 },
      aggregates,
    })
    await store.outbox.save(lease, { pass: { place: 'end', after: 0 } })
    await store.outbox.save(lease, { pass: { place: pass, after: 0 } })
    expect(await store.outbox.claim(lease)).toMatchObject({ pass: undefined, aggregates })
    await store.outbox.begin('one', 'elsewhere')
    expect(await store.outbox.claim(lease)).toEqual({
      target: 'elsewhere',
      pass: { place: beginning, after: 0 },
      aggregates: { revision: 0, place: 0 },
    })
    await store.put([rating('ann', 4)])
    await store.outbox.end()
    expect(await store.outbox.size()).toBe(0)
    expect(await store.outbox.claim(other)).toMatchObject({ target: undefined })
    await store.put([rating('ann', 5)])
    expect((await store.outbox.unpublished(9)).ratings).toEqual([])
  })

  test('all ratings are listed once each, in pages of any size', async () => {
    await using store = await openNew()
    const users = ['ann', 'Bob', 'cy', '\uffee', '😀', 'é']
    for (const record of [alien, heat, movie('gone'), movie('last')]) {
      await store.put(users.map((user) => rating(user, 3, record)))
    }
    for (const user of users) await store.delete(movie('gone'), user)
    for (const limit of [1, 4, 6, 100]) {
      const all = await readAll(store, limit)
      expect(all).toHaveLength(18)
      expect(new Set(all.map(briefly)).size).toBe(18)
      for (const one of all) {
        expect((await store.get(one, one.userId)) as RatingState).toEqual(one)
      }
    }
  })

  test('a repeated rating is published as it is by then', async () => {
    await using store = await openPublished()
    await store.put([rating('ann', 4), rating('bob', 4)])
    const { ratings, through } = await store.outbox.unpublished(9)
    await store.outbox.save(lease, { through: through ?? 0, aggregates: { revision: 9, place: 5 } })
    await store.outbox.repeat(ratings, { revision: 9, place: 4 })
    await store.put([rating('ann', 1)])
    await store.delete(alien, 'bob')
    const again = await store.outbox.unpublished(2)
    expect(again.ratings.map(briefly)).toEqual(['alien ann 1', 'alien bob -'])
    expect(again.ratings[0]).toEqual((await store.get(alien, 'ann')) as RatingState)
    expect((await store.outbox.claim(lease))?.aggregates).toEqual({ revision: 9, place: 4 })
    await store.outbox.repeat([], { revision: 9, place: 6 })
    expect((await store.outbox.claim(lease))?.aggregates).toEqual({ revision: 9, place: 4 })
  })
}

function briefly({ recordId, userId, value }: RatingState): string {
  return `${recordId} ${userId} ${value ?? '-'}`
}

async function readAll(store: RatingDatabase, limit: number): Promise<RatingState[]> {
  const found: RatingState[] = []
  let after: RatingPlace | undefined = beginning
  while (after !== undefined) {
    const page = await store.outbox.ratings(after, limit)
    found.push(...page.ratings)
    after = page.next
  }
  return found
}
