import { expect, test } from 'bun:test'
import { waitFor } from '@marquee/testing/wait-for'
import {
  type CreatePlace,
  keyText,
  lagOf,
  numbered,
  openFixture,
  partitionCount,
  text,
} from './fixture.ts'

export function declarePartitions(createPlace: CreatePlace): void {
  test('a topic has as many partitions as configured', async () => {
    await using fixture = await openFixture(createPlace)
    expect(await fixture.log.ends(fixture.topic)).toHaveLength(partitionCount)
  })

  test('records of one key are in one partition, and keys are spread over the partitions', async () => {
    await using fixture = await openFixture(createPlace)
    await fixture.log.append(fixture.topic, numbered(0, 200))
    const reader = await fixture.read()
    await reader.hasSeen(200)
    const homes = new Map<string, Set<number>>()
    for (const record of reader.seen) {
      const [key, { partition }] = [keyText(record) ?? '', record]
      homes.set(key, (homes.get(key) ?? new Set()).add(partition))
    }
    expect([...homes.values()].every((partitions) => partitions.size === 1)).toBe(true)
    expect(new Set(reader.seen.map(({ partition }) => partition)).size).toBeGreaterThan(1)
  })

  test('a partition that fails is reported, and does not delay the others', async () => {
    await using fixture = await openFixture(createPlace)
    let down = true
    const reader = await fixture.read({
      handle: async ({ partition, records }) => {
        if (down && partition === 0) throw new Error('not this one')
        return (records.at(-1)?.offset ?? 0) + 1
      },
    })
    await fixture.log.append(fixture.topic, numbered(0, 100))
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
    await using fixture = await openFixture(createPlace)
    await fixture.log.append(fixture.topic, numbered(0, 200))
    const reader = await fixture.read({ batchSizeMax: 7 })
    await fixture.log.append(fixture.topic, numbered(200, 400))
    await reader.hasSeen(400)
    expect(reader.texts()).toEqual(numbered(0, 400).map(text))
  })
}
