import { expect, test } from 'bun:test'
import type { RatingChange } from '../../rating.ts'
import type { RatingDatabase } from '../database.ts'
import { alien, heat, type OpenNew, positionOf, put, rating, remove } from './fixtures.ts'

const topic = 'ratings'
const log = 'the-log'

/** Declares the tests of events that are skipped. */
export function describeSkips(openNew: OpenNew): void {
  test('events of a user that are skipped have no effect, and those after them do', async () => {
    await using store = await openNew()
    await apply(store, {
      from: undefined,
      offsets: [0, 1],
      changes: [put('ann', 1), put('bob', 1)],
    })
    await store.skipEvents({ topic, log, userId: 'ann', ends: [5] })
    await apply(store, { from: 2, offsets: [2, 3], changes: [remove('ann'), put('bob', 2)] })
    expect((await store.get(alien, 'ann'))?.value).toBe(1)
    const changes = [put('ann', 2), { ...put('ann', 3), ...heat }]
    await apply(store, { from: 4, offsets: [4, 5], changes })
    expect((await store.get(alien, 'ann'))?.value).toBe(1)
    expect((await store.get(heat, 'ann'))?.value).toBe(3)
    expect((await store.get(alien, 'bob'))?.value).toBe(2)
    await apply(store, { from: 6, offsets: [6], changes: [put('ann', 4)] })
    expect((await store.get(alien, 'ann'))?.value).toBe(4)
    expect(await positionOf(store)).toBe(7)
  })

  test('events are skipped before the first one of a topic is applied, and calls are no events', async () => {
    await using store = await openNew()
    await store.skipEvents({ topic, log, userId: 'ann', ends: [0, 2] })
    await store.put([rating('ann', 5, heat)])
    await apply(store, { from: undefined, offsets: [0], changes: [put('ann', 1)] })
    expect((await store.get(alien, 'ann'))?.value).toBe(1)
    await apply(store, { partition: 1, from: undefined, offsets: [1], changes: [put('ann', 2)] })
    expect((await store.get(alien, 'ann'))?.value).toBe(1)
    expect((await store.get(heat, 'ann'))?.value).toBe(5)
  })

  test('no event of another log is skipped', async () => {
    await using store = await openNew()
    await apply(store, { from: undefined, offsets: [0], changes: [put('bob', 1)] })
    await store.skipEvents({ topic, log: 'another-log', userId: 'ann', ends: [9] })
    await apply(store, { from: 1, offsets: [1], changes: [put('ann', 1)] })
    expect((await store.get(alien, 'ann'))?.value).toBe(1)
    await store.skipEvents({ topic, log, userId: 'ann', ends: [9] })
    const expected = await store.storedLog(topic)
    await store.adoptLog(topic, { expected, identity: 'a-new-log', reset: true })
    await apply(store, {
      log: 'a-new-log',
      from: undefined,
      offsets: [0],
      changes: [put('ann', 2)],
    })
    expect((await store.get(alien, 'ann'))?.value).toBe(2)
  })
}

interface Applied {
  readonly log?: string
  readonly partition?: number
  readonly from: number | undefined
  readonly offsets: readonly number[]
  readonly changes: readonly RatingChange[]
}

async function apply(store: RatingDatabase, { from, offsets, ...applied }: Applied): Promise<void> {
  const nextPosition = (offsets.at(-1) ?? 0) + 1
  const batch = { topic, log, partition: 0, expectedPosition: from, nextPosition, offsets }
  await store.apply({ ...batch, ...applied })
}
