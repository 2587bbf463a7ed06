import { expect, test } from 'bun:test'
import type { RatingState } from '../outbox.ts'
import { alien, heat, movie, type OpenRatingStore, rating, rules } from './fixtures.ts'

const timeMs = 1_600_000_000_000

/** Returns a rating with the stamp of a write of another store. */
function state(userId: string, value: number | undefined, number: number, record = alien) {
  const stamp = { revision: number, updateTimeMs: timeMs + number }
  return { ...record, userId, value, ...stamp } satisfies RatingState
}

/** Declares the tests of restoring what another store has published. */
export function describeRestore(createDatabase: () => OpenRatingStore, clock: () => number): void {
  const openNew = () => createDatabase()({ rules, clock })

  test('restored ratings have the given stamps, in any order, and the last state of each wins', async () => {
    await using store = await openNew()
    await store.restore.ratings([state('ann', 4, 70), state('bob', 2, 30), state('ann', 5, 90)])
    await store.restore.ratings([state('cy', 1, 20), state('bob', undefined, 50)])
    await store.restore.ratings([state('dee', 3, 40, heat)])
    expect(await store.get(alien, 'ann')).toEqual(state('ann', 5, 90) as never)
    expect(await store.get(alien, 'cy')).toEqual(state('cy', 1, 20) as never)
    expect(await store.get(alien, 'bob')).toBeUndefined()
    const expected = { count: 2, histogram: [1, 0, 0, 0, 1], revision: 90 }
    expect(await store.aggregate(alien)).toMatchObject(expected)
    const { states } = await store.changes({ after: { revision: 0, place: 0 }, limit: 9 })
    expect(states.map(({ recordId, revision }) => [recordId, revision])).toEqual([
      ['heat', 40],
      ['alien', 90],
    ])
    const ofUser = async (userId: string) =>
      (await store.ratingsOfUser(userId, { limit: 9 })).ratings
    expect(await ofUser('ann')).toEqual([state('ann', 5, 90) as never])
    expect(await ofUser('bob')).toEqual([])
    const ofRecord = await store.ratingsOfRecord(alien, { limit: 9 })
    expect(ofRecord.ratings.map(({ userId }) => userId)).toEqual(['ann', 'cy'])
    const top = await store.top({ recordType: 'movie', countMin: 1, limit: 9 })
    expect(top.aggregates.map(({ recordId }) => recordId).toSorted()).toEqual(['alien', 'heat'])
  })

  test('restored stamps replace those of aggregates, also of records without ratings', async () => {
    await using store = await openNew()
    await store.restore.ratings([state('ann', 4, 70)])
    await store.restore.stamps([
      { ...alien, revision: 60, updateTimeMs: 6 },
      { ...heat, revision: 80, updateTimeMs: 8 },
    ])
    const { states } = await store.states([alien, heat, movie('other')])
    expect(states).toMatchObject([
      { recordId: 'alien', count: 1, revision: 60, updateTimeMs: 6 },
      { recordId: 'heat', count: 0, revision: 80, updateTimeMs: 8 },
      { recordId: 'other', count: 0, revision: 0 },
    ])
    const changed = await store.changes({ after: { revision: 60, place: 99 }, limit: 9 })
    expect(changed.states.map(({ recordId }) => recordId)).toEqual(['heat'])
  })

  test('the revision grows to the greatest restored one, and writes go on from there', async () => {
    await using store = await openNew()
    const before = await store.revision()
    await store.restore.ratings([state('ann', 4, 70)])
    expect(await store.revision()).toBe(before)
    const greatest = before + 1_000_000_000
    await store.restore.ratings([state('bob', 4, greatest)])
    expect(await store.revision()).toBe(greatest)
    await store.restore.stamps([{ ...alien, revision: greatest + 5, updateTimeMs: 1 }])
    expect(await store.revision()).toBe(greatest + 5)
    await store.put([rating('cy', 1)])
    expect((await store.aggregate(alien))?.revision).toBeGreaterThan(greatest + 5)
    expect((await store.aggregate(alien))?.count).toBe(3)
  })

  test('a restored rating off the scale is refused, and nothing is saved', async () => {
    await using store = await openNew()
    const restoring = store.restore.ratings([state('ann', 4, 1), state('bob', 4.5, 2)])
    await expect(restoring).rejects.toThrow(RangeError)
    expect((await store.states([alien])).states).toMatchObject([{ count: 0, revision: 0 }])
  })

  test('a tombstone of an unknown record changes nothing', async () => {
    await using store = await openNew()
    await store.restore.ratings([state('ann', undefined, 7)])
    const { states } = await store.changes({ after: { revision: 0, place: 0 }, limit: 9 })
    expect(states).toEqual([])
  })
}
