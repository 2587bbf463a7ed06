import { expect, test } from 'bun:test'
import { setImmediate as eventLoopTurn } from 'node:timers/promises'
import { waitFor } from '@marquee/testing/wait-for'
import type { ConsumeOptions } from '../port.ts'
import {
  type CreatePlace,
  fixtureAt,
  numbered,
  oneKey,
  openFixture,
  partitionCount,
  type Reader,
  text,
} from './fixture.ts'

export function declareGroups(createPlace: CreatePlace): void {
  test('a consumer without a position continues where its group left off', async () => {
    await using fixture = await openFixture(createPlace)
    await fixture.log.append(fixture.topic, numbered(0, 30))
    const first = await fixture.read({ resumes: true })
    await first.hasSeen(30)
    await first.consumption[Symbol.asyncDispose]()
    await fixture.log.append(fixture.topic, numbered(30, 40))
    const second = await fixture.read({ resumes: true })
    await second.hasSeen(10)
    expect(second.texts().toSorted()).toEqual(numbered(30, 40).map(text))
  })

  test('a consumer that takes over starts at its own position', async () => {
    await using fixture = await openFixture(createPlace)
    await fixture.log.append(fixture.topic, oneKey(0, 20))
    const one = await fixture.read()
    await one.hasSeen(20)
    const two = await fixture.read()
    await one.consumption[Symbol.asyncDispose]()
    await two.hasSeen(20)
    expect(two.texts()).toEqual(oneKey(0, 20).map(text))
  })

  test('batches of a partition are handled one after the other, by whichever consumer', async () => {
    await using fixture = await openFixture(createPlace)
    await fixture.log.append(fixture.topic, numbered(0, 400))
    const shared = new Map<number, number>()
    const inFlight = new Set<number>()
    const overlaps: number[] = []
    const handle: ConsumeOptions['handle'] = async ({ partition, records }) => {
      if (inFlight.has(partition)) overlaps.push(partition)
      inFlight.add(partition)
      for (let turn = 0; turn < 3; turn++) await eventLoopTurn()
      inFlight.delete(partition)
      return (records.at(-1)?.offset ?? 0) + 1
    }
    const options = {
      shared,
      handle,
      batchSizeMax: 5,
      position: async (p: number) => shared.get(p),
    }
    const readers = [
      await fixture.read(options),
      await fixture.read(options),
      await fixture.read(options),
    ]
    await readers[0]?.consumption[Symbol.asyncDispose]()
    const all = () => readers.flatMap((reader) => reader.texts())
    await waitFor(() => new Set(all()).size === 400, { what: 'all 400' })
    expect(overlaps).toEqual([])
  })
}

export function declareSharedPartitions(createPlace: CreatePlace): void {
  test('two consumers of a group share the partitions, and one takes over from the other', async () => {
    await using fixture = await openFixture(createPlace)
    const shared = new Map<number, number>()
    const position = async (partition: number) => shared.get(partition)
    const [one, two] = [
      await fixture.read({ position, shared }),
      await fixture.read({ position, shared }),
    ]
    const assigned = (reader: Reader) => reader.consumption.progress().map((p) => p.partition)
    const both = () => [...assigned(one), ...assigned(two)].toSorted()
    const bothWork = () => assigned(one).length > 0 && assigned(two).length > 0
    await waitFor(() => bothWork() && both().join() === '0,1,2,3', { what: 'shared partitions' })
    await fixture.log.append(fixture.topic, numbered(0, 100))
    await waitFor(() => one.seen.length + two.seen.length === 100, { what: 'the first 100' })
    expect(one.seen.length).toBeGreaterThan(0)
    expect(two.seen.length).toBeGreaterThan(0)

    await one.consumption[Symbol.asyncDispose]()
    const before = one.seen.length
    await waitFor(() => assigned(two).length === partitionCount, { what: 'the take-over' })
    await fixture.log.append(fixture.topic, numbered(100, 200))
    await waitFor(() => one.seen.length + two.seen.length >= 200, { what: 'the second 100' })
    expect(one.seen.length).toBe(before)
    expect(assigned(one)).toEqual([])
    expect(new Set([...one.texts(), ...two.texts()]).size).toBe(200)
    expect(one.seen.length + two.seen.length).toBe(200)
  })
}

export function declareSharedGroups(createPlace: CreatePlace): void {
  test('a consumer of another log object takes over, from the position that it returns', async () => {
    await using place = await createPlace()
    await using fixture = await fixtureAt(place)
    await using other = await fixtureAt(place, fixture.topic)
    const shared = new Map<number, number>()
    const position = async (partition: number) => shared.get(partition)
    const one = await fixture.read({ shared, position })
    await fixture.log.append(fixture.topic, numbered(0, 40))
    await one.hasSeen(40)
    const two = await other.read({ shared, position })
    await one.consumption[Symbol.asyncDispose]()
    await fixture.log.append(fixture.topic, numbered(40, 80))
    await waitFor(() => one.seen.length + two.seen.length >= 80, { what: 'the take-over' })
    expect(new Set([...one.texts(), ...two.texts()]).size).toBe(80)
    expect(one.seen.length + two.seen.length).toBe(80)
  })
}
