import { expect, test } from 'bun:test'
import { OtherLogError } from '../other-log.ts'
import type { ChangeBatch, StoredLog } from '../port.ts'
import { alien, type OpenRatingStore, put, rules } from './fixtures.ts'

const nothing: StoredLog = { identity: undefined, positions: [] }
const lastEvent = { offset: 3, digest: 'abc' }
const first: ChangeBatch = {
  topic: 'ratings',
  partition: 2,
  log: 'old',
  expectedPosition: undefined,
  nextPosition: 5,
  changes: [put('ann', 1)],
  lastEvent,
}

export function describeLogs(createDatabase: () => OpenRatingStore, clock: () => number): void {
  const openNew = () => createDatabase()({ rules, clock })

  test('the first batch of a topic saves its log, with the position and the last event', async () => {
    await using store = await openNew()
    expect(await store.storedLog('ratings')).toEqual(nothing)
    await store.apply(first)
    await store.apply({ ...first, partition: 0, nextPosition: 1, changes: [] })
    expect(await store.storedLog('ratings')).toEqual({
      identity: 'old',
      positions: [
        { partition: 0, offset: 1, lastEvent },
        { partition: 2, offset: 5, lastEvent },
      ],
    })
    expect(await store.storedLog('other')).toEqual(nothing)
  })

  test('a batch of another log changes nothing, whatever position it expects', async () => {
    await using store = await openNew()
    await store.apply(first)
    for (const expectedPosition of [undefined, 5]) {
      for (const partition of [2, 3]) {
        const changes = [put('ann', 5)]
        const batch = {
          ...first,
          log: 'new',
          partition,
          expectedPosition,
          nextPosition: 9,
          changes,
        }
        const error = await store.apply(batch).catch((thrown: unknown) => thrown)
        expect(error).toBeInstanceOf(OtherLogError)
      }
    }
    expect((await store.storedLog('ratings')).positions).toHaveLength(1)
    expect((await store.get(alien, 'ann'))?.value).toBe(1)
  })

  test('another log is adopted with the positions, or without them', async () => {
    await using store = await openNew()
    await store.apply(first)
    const before = await store.storedLog('ratings')
    const keep = { expected: before, identity: 'new', reset: false }
    expect(await store.adoptLog('ratings', keep)).toBe(true)
    const kept = await store.storedLog('ratings')
    expect(kept).toEqual({ ...before, identity: 'new' })
    const reset = { expected: kept, identity: 'newer', reset: true }
    expect(await store.adoptLog('ratings', reset)).toBe(true)
    expect(await store.storedLog('ratings')).toEqual({ identity: 'newer', positions: [] })
    expect(await store.apply({ ...first, log: 'newer', changes: [put('ann', 4)] })).toBe(5)
    expect((await store.get(alien, 'ann'))?.value).toBe(4)
  })

  test('a log is adopted only when the saved state has not changed meanwhile', async () => {
    await using store = await openNew()
    await store.apply(first)
    const expected = await store.storedLog('ratings')
    await store.apply({ ...first, expectedPosition: 5, nextPosition: 6, changes: [] })
    for (const old of [expected, nothing]) {
      const adoption = { expected: old, identity: 'new', reset: true }
      expect(await store.adoptLog('ratings', adoption)).toBe(false)
    }
    expect((await store.storedLog('ratings')).identity).toBe('old')
  })

  test('of two logs whose first batches are concurrent, one is saved', async () => {
    await using store = await openNew()
    const logs = ['one', 'two', 'three', 'four']
    const batches = logs.map((log, partition) => ({ ...first, log, partition }))
    const settled = await Promise.allSettled(batches.map((batch) => store.apply(batch)))
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const { identity, positions } = await store.storedLog('ratings')
    expect(positions.map(({ partition }) => logs[partition])).toEqual([identity as string])
  })

  test('a database has an installation id of its own', async () => {
    await using one = await openNew()
    await using other = await openNew()
    const id = await one.installationId()
    expect(id).toMatch(/^[0-9a-f-]{32,36}$/)
    expect(await one.installationId()).toBe(id)
    expect(await other.installationId()).not.toBe(id)
  })
}
