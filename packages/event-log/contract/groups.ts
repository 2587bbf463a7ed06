import { expect, test } from 'bun:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { waitFor } from '@marquee/testing/wait-for'
import type { ConsumeOptions } from '../port.ts'
import {
  benchAt,
  type CreatePlace,
  numbered,
  oneKey,
  openBench,
  partitionCount,
  type Reader,
  text,
} from './bench.ts'

export function declareGroups(createPlace: CreatePlace): void {
  test('a consumer without a position goes on where its group left off', async () => {
    await using bench = await openBench(createPlace)
    await bench.log.append(bench.topic, numbered(0, 30))
    const first = await bench.read({ goesOn: true })
    await first.hasSeen(30)
    await first.consumption[Symbol.asyncDispose]()
    await bench.log.append(bench.topic, numbered(30, 40))
    const second = await bench.read({ goesOn: true })
    await second.hasSeen(10)
    expect(second.texts().toSorted()).toEqual(numbered(30, 40).map(text))
  })

  test('a consumer that takes over starts at its own position', async () => {
    await using bench = await openBench(createPlace)
    await bench.log.append(bench.topic, oneKey(0, 20))
    const one = await bench.read()
    await one.hasSeen(20)
    const two = await bench.read()
    await one.consumption[Symbol.asyncDispose]()
    await two.hasSeen(20)
    expect(two.texts()).toEqual(oneKey(0, 20).map(text))
  })

  test('batches of a partition come one after the other, whoever gets them', async () => {
    await using bench = await openBench(createPlace)
    await bench.log.append(bench.topic, numbered(0, 400))
    const shared = new Map<number, number>()
    const atWork = new Set<number>()
    const overlaps: number[] = []
    const handle: ConsumeOptions['handle'] = async ({ partition, records }) => {
      if (atWork.has(partition)) overlaps.push(partition)
      atWork.add(partition)
      for (let turn = 0; turn < 3; turn++) await nextTurn()
      atWork.delete(partition)
      return (records.at(-1)?.offset ?? 0) + 1
    }
    const options = {
      shared,
      handle,
      batchSizeMax: 5,
      position: async (p: number) => shared.get(p),
    }
    const readers = [
      await bench.read(options),
      await bench.read(options),
      await bench.read(options),
    ]
    await readers[0]?.consumption[Symbol.asyncDispose]()
    const all = () => readers.flatMap((reader) => reader.texts())
    await waitFor(() => new Set(all()).size === 400, { what: 'all 400' })
    expect(overlaps).toEqual([])
  })
}

export function declareSharedPartitions(createPlace: CreatePlace): void {
  test('two consumers of a group share the partitions, and one takes over from the other', async () => {
    await using bench = await openBench(createPlace)
    const shared = new Map<number, number>()
    const position = async (partition: number) => shared.get(partition)
    const [one, two] = [
      await bench.read({ position, shared }),
      await bench.read({ position, shared }),
    ]
    const assigned = (reader: Reader) => reader.consumption.progress().map((p) => p.partition)
    const both = () => [...assigned(one), ...assigned(two)].toSorted()
    const bothWork = () => assigned(one).length > 0 && assigned(two).length > 0
    await waitFor(() => bothWork() && both().join() === '0,1,2,3', { what: 'shared partitions' })
    await bench.log.append(bench.topic, numbered(0, 100))
    await waitFor(() => one.seen.length + two.seen.length === 100, { what: 'the first 100' })
    expect(one.seen.length).toBeGreaterThan(0)
    expect(two.seen.length).toBeGreaterThan(0)

    await one.consumption[Symbol.asyncDispose]()
    const before = one.seen.length
    await waitFor(() => assigned(two).length === partitionCount, { what: 'the take-over' })
    await bench.log.append(bench.topic, numbered(100, 200))
    await waitFor(() => one.seen.length + two.seen.length >= 200, { what: 'the second 100' })
    expect(one.seen.length).toBe(before)
    expect(assigned(one)).toEqual([])
    expect(new Set([...one.texts(), ...two.texts()]).size).toBe(200)
    expect(one.seen.length + two.seen.length).toBe(200)
  })
}

export function declareSharedGroups(createPlace: CreatePlace): void {
  test('a consumer of another opening takes over, from the position it answers', async () => {
    await using place = await createPlace()
    await using bench = await benchAt(place)
    await using other = await benchAt(place, bench.topic)
    const shared = new Map<number, number>()
    const position = async (partition: number) => shared.get(partition)
    const one = await bench.read({ shared, position })
    await bench.log.append(bench.topic, numbered(0, 40))
    await one.hasSeen(40)
    const two = await other.read({ shared, position })
    await one.consumption[Symbol.asyncDispose]()
    await bench.log.append(bench.topic, numbered(40, 80))
    await waitFor(() => one.seen.length + two.seen.length >= 80, { what: 'the take-over' })
    expect(new Set([...one.texts(), ...two.texts()]).size).toBe(80)
    expect(one.seen.length + two.seen.length).toBe(80)
  })
}
