import { expect, test } from 'bun:test'
import type { Aggregate, RecordRef } from '../../rating.ts'
import {
  alien,
  fiveStars,
  heat,
  movie,
  type OpenNew,
  type OpenRatingStore,
  positionOf,
  put,
  rating,
  rules,
} from './fixtures.ts'

export function describeRevision(createDatabase: () => OpenRatingStore, clock: () => number): void {
  test('the revision grows when a rating is put or deleted, and only then', async () => {
    await using store = await createDatabase()({ rules, clock })
    const revisions = [await store.revision()]
    const batch = { topic: 'ratings', log: 'log', partition: 0 }
    for (const write of [
      () => store.put([rating('ann', 1), rating('ann', 1, heat)]),
      () => store.put([rating('ann', 2)]),
      () =>
        store.apply({
          ...batch,
          expectedPosition: undefined,
          nextPosition: 1,
          changes: [put('bob', 2)],
        }),
      () => store.delete(alien, 'bob'),
      () => store.delete(heat, 'ann'),
      () => store.put([rating('ann', 2)]),
      () => store.put([rating('ann', 5), rating('ann', 2)]),
    ]) {
      await write()
      revisions.push(await store.revision())
    }
    expect(new Set(revisions).size).toBe(8)
    expect(revisions.toSorted((a, b) => a - b)).toEqual(revisions)
    expect(revisions.every(Number.isSafeInteger)).toBe(true)
    const last = revisions.at(-1) as number
    await store.delete(alien, 'nobody')
    await store.apply({ ...batch, expectedPosition: 1, nextPosition: 9, changes: [] })
    expect(await store.revision()).toBe(last)
  })

  test('a put of the same value changes only the stamp of the rating', async () => {
    await using store = await createDatabase()({ rules, clock })
    await store.put([rating('ann', 2)])
    const [first, aggregate] = [await store.get(alien, 'ann'), await store.aggregate(alien)]
    await store.put([rating('ann', 2)])
    const second = await store.get(alien, 'ann')
    expect(second?.updateTimeMs).toBeGreaterThan(first?.updateTimeMs ?? Number.NaN)
    expect(second?.revision).toBeGreaterThan(first?.revision ?? Number.NaN)
    expect(await store.aggregate(alien)).toEqual(aggregate as Aggregate)
  })

  test('the revision grows while the clock stands still or is set back', async () => {
    let timeMs = 5_000
    await using store = await createDatabase()({ rules, clock: () => timeMs })
    const revisions = [await store.revision()]
    for (const value of [1, 2, 3]) {
      await store.put([rating('ann', value)])
      revisions.push((await store.aggregate(alien))?.revision ?? Number.NaN)
      timeMs -= value - 1
    }
    expect(revisions.toSorted((a, b) => a - b)).toEqual(revisions)
    expect(new Set(revisions).size).toBe(4)
  })

  test('nothing has changed after a revision that no store reaches', async () => {
    await using store = await createDatabase()({ rules, clock })
    await store.put([rating('ann', 3)])
    const after = { revision: 2 ** 63, place: Number.POSITIVE_INFINITY }
    const revision = await store.revision()
    expect(await store.changes({ after, limit: 9 })).toEqual({
      ...{ states: [], next: undefined, revision },
    })
  })

  test('a new database does not repeat a revision', async () => {
    const told: number[] = []
    for (let times = 0; times < 3; times++) {
      await using store = await createDatabase()({ rules, clock })
      told.push(await store.revision())
      await store.put([rating('ann', 3)])
      told.push(await store.revision())
    }
    expect(new Set(told).size).toBe(told.length)
    expect(told.toSorted((a, b) => a - b)).toEqual(told)
  })
}

export function describeListeners(openNew: OpenNew): void {
  test('each listener gets the changed records, after the change', async () => {
    await using store = await openNew()
    const told: (readonly RecordRef[])[] = []
    const reads: Promise<Aggregate | undefined>[] = []
    store.onChange((records) => told.push(records))
    store.onChange(() => reads.push(store.aggregate(alien)))
    await store.put([rating('ann', 1), rating('ann', 1, heat), rating('bob', 3)])
    expect(told).toEqual([[alien, heat]])
    expect((await reads[0])?.count).toBe(2)
    await store.delete(heat, 'ann')
    const batch = {
      topic: 'ratings',
      log: 'log',
      partition: 0,
      expectedPosition: undefined,
      nextPosition: 2,
    }
    await store.apply({ ...batch, changes: [put('cy', 1), put('ann', 1)] })
    expect(told).toEqual([[alien, heat], [heat], [alien]])
    expect((await reads[2])?.count).toBe(3)
  })

  test('a listener is not called when no aggregate changed, or after its removal', async () => {
    await using store = await openNew()
    await store.put([rating('ann', 1)])
    let calls = 0
    const listener = () => {
      calls++
    }
    const offs = [store.onChange(listener), store.onChange(listener)]
    await store.put([rating('ann', 1)])
    await store.put([])
    await store.delete(alien, 'bob')
    await store.put([rating('bob', 9)]).catch(() => undefined)
    expect(calls).toBe(0)
    await store.put([rating('ann', 2)])
    expect(calls).toBe(2)
    offs[0]?.()
    await store.put([rating('ann', 3)])
    expect(calls).toBe(3)
    offs[1]?.()
    await store.put([rating('ann', 4)])
    expect(calls).toBe(3)
  })
}

export function describeReopening(
  createDatabase: () => OpenRatingStore,
  clock: () => number,
): void {
  test('the revision of a reopened store grows with the next write', async () => {
    const open = createDatabase()
    const first = await open({ rules, clock })
    await first.put([rating('ann', 1)])
    const revision = await first.revision()
    await first[Symbol.asyncDispose]()
    await using second = await open({ rules, clock })
    if (second.capabilities.durable) expect(await second.revision()).toBe(revision)
    else expect(await second.revision()).toBeGreaterThan(revision)
    await second.put([rating('dee', 5)])
    expect(await second.revision()).toBeGreaterThan(revision)
  })

  test('a reopened store computes scores by its own rules, also those of another prior', async () => {
    const open = createDatabase()
    const ids = Array.from({ length: 2_500 }, (_, index) => `${index}`)
    const ratings = ids.map((id, index) => rating('ann', (index % 5) + 1, movie(id)))
    const first = await open({ rules, clock })
    await first.put(ratings)
    const revision = await first.revision()
    await first[Symbol.asyncDispose]()
    await using second = await open({ rules: fiveStars({ mean: 1, weight: 0 }), clock })
    if (!second.capabilities.durable) await second.put(ratings)
    const found = await second.aggregates(ids.map(movie))
    expect(found.map(({ bayesianScore }) => bayesianScore)).toEqual(
      ratings.map(({ value }) => value),
    )
    expect(found.every((each) => each.revision > revision)).toBe(true)
    expect(await second.revision()).toBeGreaterThan(revision)
    const top = await second.top({ recordType: 'movie', countMin: 0, limit: 1 })
    expect(top.aggregates[0]?.bayesianScore).toBe(5)
  })

  test('a store may be closed twice', async () => {
    const store = await createDatabase()({ rules, clock })
    await store[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
  })
}

export function describeDurability(
  createDatabase: () => OpenRatingStore,
  clock: () => number,
): void {
  test('a reopened store has its ratings', async () => {
    const open = createDatabase()
    const first = await open({ rules, clock })
    await first.put([rating('ann', 1), rating('bob', 4)])
    await first.delete(alien, 'ann')
    const batch = {
      topic: 'ratings',
      log: 'log',
      partition: 0,
      expectedPosition: undefined,
      nextPosition: 3,
    }
    await first.apply({ ...batch, changes: [put('cy', 5)] })
    const [stored, aggregate] = [await first.get(alien, 'cy'), await first.aggregate(alien)]
    const revision = await first.revision()
    await first[Symbol.asyncDispose]()
    await using second = await open({ rules, clock })
    expect(await second.get(alien, 'cy')).toEqual(stored)
    expect(await second.aggregate(alien)).toEqual(aggregate)
    expect(await positionOf(second)).toBe(3)
    expect(await second.revision()).toBe(revision)
  })
}
