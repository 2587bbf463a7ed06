import { expect, test } from 'bun:test'
import { waitFor } from '@marquee/testing/wait-for'
import {
  type CreatePlace,
  keyText,
  lagOf,
  numbered,
  openBench,
  partitionCount,
  text,
} from './bench.ts'

export function declarePartitions(createPlace: CreatePlace): void {
  test('a topic has as many partitions as configured', async () => {
    await using bench = await openBench(createPlace)
    expect(await bench.log.ends(bench.topic)).toHaveLength(partitionCount)
  })

  test('records of one key stay in one partition, and others spread', async () => {
    await using bench = await openBench(createPlace)
    await bench.log.append(bench.topic, numbered(0, 200))
    const reader = await bench.read()
    await reader.hasSeen(200)
    const homes = new Map<string, Set<number>>()
    for (const record of reader.seen) {
      const [key, { partition }] = [keyText(record) ?? '', record]
      homes.set(key, (homes.get(key) ?? new Set()).add(partition))
    }
    expect([...homes.values()].every((partitions) => partitions.size === 1)).toBe(true)
    expect(new Set(reader.seen.map(({ partition }) => partition)).size).toBeGreaterThan(1)
  })

  test('a partition that fails says so, and does not hold up the others', async () => {
    await using bench = await openBench(createPlace)
    let down = true
    const reader = await bench.read({
      handle: async ({ partition, records }) => {
        if (down && partition === 0) throw new Error('not this one')
        return (records.at(-1)?.offset ?? 0) + 1
      },
    })
    await bench.log.append(bench.topic, numbered(0, 100))
    const failing = () => reader.consumption.progress().filter((part) => part.failing)
    const others = () => reader.consumption.progress().filter((part) => part.partition !== 0)
    await waitFor(() => failing().length > 0, { what: 'a failing partition' })
    await waitFor(() => others().every(({ lag }) => lag === 0), { what: 'the others to go on' })
    expect(failing().map(({ partition }) => partition)).toEqual([0])
    down = false
    await waitFor(() => lagOf(reader.consumption) === 0, { what: 'the failing one to go on' })
    expect(failing()).toEqual([])
  })
}

export function declareTopicOrder(createPlace: CreatePlace): void {
  test('records of all keys are delivered in the order in which they were appended', async () => {
    await using bench = await openBench(createPlace)
    await bench.log.append(bench.topic, numbered(0, 200))
    const reader = await bench.read({ batchSizeMax: 7 })
    await bench.log.append(bench.topic, numbered(200, 400))
    await reader.hasSeen(400)
    expect(reader.texts()).toEqual(numbered(0, 400).map(text))
  })
}
