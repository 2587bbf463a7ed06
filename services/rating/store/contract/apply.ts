import { expect, test } from 'bun:test'
import { alien, type OpenNew, positionOf, put, rating, remove } from './fixtures.ts'

export function describeApply(openNew: OpenNew): void {
  const partition = { topic: 'ratings', log: 'log', partition: 0 }

  test('apply makes the changes in order, and saves the position with them', async () => {
    await using store = await openNew()
    expect(await positionOf(store)).toBeUndefined()
    const changes = [put('ann', 1), put('bob', 2), put('ann', 3), remove('bob'), put('cy', 5)]
    const batch = { ...partition, expectedPosition: undefined, nextPosition: 5, changes }
    expect(await store.apply(batch)).toBe(5)
    expect(await positionOf(store)).toBe(5)
    expect((await store.aggregate(alien))?.histogram).toEqual([0, 0, 1, 0, 1])
    expect(await store.get(alien, 'bob')).toBeUndefined()
    expect((await store.get(alien, 'ann'))?.value).toBe(3)
  })

  test('apply keeps a put after a delete, and a delete after a put', async () => {
    await using store = await openNew()
    await store.put([rating('ann', 2), rating('bob', 2)])
    const changes = [remove('ann'), put('ann', 5), put('bob', 4), remove('bob'), remove('nobody')]
    await store.apply({ ...partition, expectedPosition: undefined, nextPosition: 5, changes })
    expect((await store.aggregate(alien))?.histogram).toEqual([0, 0, 0, 0, 1])
    expect(await store.get(alien, 'bob')).toBeUndefined()
  })

  test('apply changes nothing when the position is not the expected one', async () => {
    await using store = await openNew()
    const batch = { ...partition, expectedPosition: undefined, nextPosition: 2 }
    await store.apply({ ...batch, changes: [put('ann', 1)] })
    const revision = await store.revision()
    for (const expectedPosition of [undefined, 0, 1, 3]) {
      const changes = [put('ann', 5), put('bob', 5)]
      expect(await store.apply({ ...partition, expectedPosition, nextPosition: 9, changes })).toBe(
        2,
      )
    }
    expect(await positionOf(store)).toBe(2)
    expect((await store.aggregate(alien))?.histogram).toEqual([1, 0, 0, 0, 0])
    expect(await store.revision()).toBe(revision)
  })

  test('apply ignores a batch that is delivered again', async () => {
    await using store = await openNew()
    const first = { ...partition, expectedPosition: undefined, nextPosition: 1 }
    await store.apply({ ...first, changes: [put('ann', 1)] })
    await store.put([rating('ann', 5)])
    expect(await store.apply({ ...first, changes: [put('ann', 1)] })).toBe(1)
    expect((await store.get(alien, 'ann'))?.value).toBe(5)
  })

  test('one of many concurrent calls of apply for a position wins', async () => {
    await using store = await openNew()
    const users = Array.from({ length: 20 }, (_, index) => `user${index}`)
    const batch = { ...partition, expectedPosition: undefined }
    const responses = await Promise.all(
      users.map((user, index) =>
        store.apply({ ...batch, nextPosition: index + 1, changes: [put(user, 3)] }),
      ),
    )
    expect(new Set(responses).size).toBe(1)
    expect((await store.aggregate(alien))?.count).toBe(1)
  })

  test('each topic and partition has its own position', async () => {
    await using store = await openNew()
    const batch = { log: 'log', expectedPosition: undefined, changes: [] }
    await store.apply({ ...batch, topic: 'ratings', partition: 0, nextPosition: 7 })
    await store.apply({ ...batch, topic: 'ratings', partition: 1, nextPosition: 8 })
    await store.apply({ ...batch, topic: 'other', partition: 0, nextPosition: 2 ** 40 })
    expect(await positionOf(store)).toBe(7)
    expect(await positionOf(store, 1, 'ratings')).toBe(8)
    expect(await positionOf(store, 0, 'other')).toBe(2 ** 40)
    expect(await positionOf(store, 1, 'other')).toBeUndefined()
  })

  test('a batch that rejects saves neither changes nor position', async () => {
    await using store = await openNew()
    await store.put([rating('ann', 4)])
    const changes = [put('ann', 1), remove('ann'), put('bob', 6)]
    const batch = { ...partition, expectedPosition: undefined, nextPosition: 3, changes }
    expect(await store.apply(batch).catch((error: Error) => error.name)).toBe('RangeError')
    expect(await positionOf(store)).toBeUndefined()
    expect((await store.get(alien, 'ann'))?.value).toBe(4)
  })

  test('apply rejects when a position was expected and none is saved', async () => {
    await using store = await openNew()
    const batch = { ...partition, expectedPosition: 4, nextPosition: 5, changes: [put('ann', 1)] }
    const message = await store.apply(batch).catch((error: Error) => error.message)
    expect(message).toBe('no position is stored for ratings/0, where 4 was expected')
    expect(await store.aggregate(alien)).toBeUndefined()
  })
}
