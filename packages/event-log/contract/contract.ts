import { describe, expect, test } from 'bun:test'
import { describeClaimed } from '@marquee/testing/requirements'
import { waitFor } from '@marquee/testing/wait-for'
import type { EventLogCapabilities, NewRecord } from '../port.ts'
import { textHeader } from '../record-headers.ts'
import { declareDisposal } from './disposal.ts'
import { declareErasing } from './erasing.ts'
import {
  type CreatePlace,
  keyCount,
  keyText,
  lagOf,
  numbered,
  oneKey,
  openFixture,
  partitionCount,
  text,
} from './fixture.ts'
import { declareGroups, declareSharedGroups, declareSharedPartitions } from './groups.ts'
import { declareDurability, declareSharing } from './openings.ts'
import { declarePartitions, declareTopicOrder } from './partitions.ts'
import { declarePolicies } from './policies.ts'
import { declareReading } from './reading.ts'

/**
 * Declares the tests of everything that the port promises, and of what the adapter claims in its
 * capabilities.
 */
export function eventLogContract(
  name: string,
  createPlace: CreatePlace,
  capabilities: EventLogCapabilities,
): void {
  const { durable, shared, partitions, ordering, groups, erases } = capabilities
  describe(`event log: ${name}`, () => {
    describe('delivery', () => declareDelivery(createPlace))
    describe('reading', () => declareReading(createPlace))
    describe('policies', () => declarePolicies(createPlace))
    describe('erasing', () => declareErasing(createPlace, erases))
    describe('positions', () => declarePositions(createPlace))
    describe('failures', () => declareFailures(createPlace))
    describe('disposal', () => declareDisposal(createPlace))
    describe('progress', () => declareProgress(createPlace))
    test('an event log states its capabilities', async () => {
      await using fixture = await openFixture(createPlace)
      expect(fixture.log.capabilities).toEqual(capabilities)
    })
    describeClaimed(durable, 'durability', () => declareDurability(createPlace))
    describeClaimed(shared !== 'process', 'sharing', () => declareSharing(createPlace))
    describeClaimed(partitions, 'partitions', () => declarePartitions(createPlace))
    describeClaimed(ordering === 'topic', 'order of a topic', () => declareTopicOrder(createPlace))
    describeClaimed(groups, 'groups', () => declareGroups(createPlace))
    describeClaimed(groups && partitions, 'sharing of partitions', () =>
      declareSharedPartitions(createPlace),
    )
    describeClaimed(groups && shared !== 'process', 'sharing of groups', () =>
      declareSharedGroups(createPlace),
    )
  })
}

function declareDelivery(createPlace: CreatePlace): void {
  test('every record is delivered, from the oldest on, in order within its key', async () => {
    await using fixture = await openFixture(createPlace)
    await fixture.log.append(fixture.topic, numbered(0, 500))
    const reader = await fixture.read({ batchSizeMax: 7 })
    await fixture.log.append(fixture.topic, numbered(500, 1_000))
    await reader.hasSeen(1_000)
    expect(reader.texts().toSorted()).toEqual(
      numbered(0, 1_000)
        .map((record) => text(record))
        .toSorted(),
    )
    for (let key = 0; key < keyCount; key++) {
      const own = reader.seen.filter((record) => keyText(record) === `key ${key}`).map(text)
      expect(own).toEqual(own.toSorted((a, b) => Number(a) - Number(b)))
    }
  })

  test('keys, headers, values and the time of appending are kept', async () => {
    await using fixture = await openFixture(createPlace)
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const headers = [textHeader('reason', 'ünïcødé ☃'), textHeader('empty', '')]
    const before = Date.now()
    await fixture.log.append(fixture.topic, [
      { key: 'ключ', value: bytes, headers },
      { key: 'ключ', value: bytes.subarray(10, 20) },
      { key: '', value: new Uint8Array() },
    ])
    const reader = await fixture.read()
    await reader.hasSeen(3)
    const [whole, part] = reader.seen.filter((record) => keyText(record) === 'ключ')
    const bare = reader.seen.find((record) => keyText(record) === '')
    expect([...(whole?.value ?? [])]).toEqual([...bytes])
    expect(bytesOf(whole)).toEqual(bytesOf({ key: 'ключ', value: bytes, headers }))
    expect([...(part?.value ?? [])]).toEqual([...bytes.subarray(10, 20)])
    expect(part?.headers).toEqual([])
    expect(bare?.value).toHaveLength(0)
    for (const { timestampMs } of reader.seen) {
      expect(timestampMs).toBeGreaterThanOrEqual(before)
      expect(timestampMs).toBeLessThanOrEqual(Date.now())
    }
  })

  test('keys, values and headers are kept byte for byte and in order, absent ones too', async () => {
    await using fixture = await openFixture(createPlace)
    const binary = Uint8Array.of(0xff, 0x00, 0xc3, 0x28)
    const empty = new Uint8Array()
    const headers = [
      { name: 'b', value: binary },
      { name: '1', value: empty },
      { name: 'b', value: null },
      { name: '0', value: binary },
      { name: '', value: empty },
      { name: '__proto__', value: binary },
      { name: 'b', value: binary },
    ]
    const records: NewRecord[] = [
      { key: binary, value: binary, headers },
      { key: binary, value: null },
      { key: binary, value: empty },
      { key: null, value: binary },
      { key: null, value: null, headers },
      { key: empty, value: empty },
    ]
    for (const record of records) await fixture.log.append(fixture.topic, [record])
    const reader = await fixture.read()
    await reader.hasSeen(records.length)
    const sorted = (all: readonly NewRecord[]) => all.map(bytesOf).toSorted()
    expect(sorted(reader.seen)).toEqual(sorted(records))
  })

  test('a batch has 1 to batchSizeMax records, with increasing offsets', async () => {
    await using fixture = await openFixture(createPlace)
    await fixture.log.append(fixture.topic, numbered(0, 100))
    const reader = await fixture.read({ batchSizeMax: 3 })
    await reader.hasSeen(100)
    for (const { records } of reader.batches) {
      expect(records.length).toBeGreaterThanOrEqual(1)
      expect(records.length).toBeLessThanOrEqual(3)
      const offsets = records.map(({ offset }) => offset)
      expect(offsets).toEqual([...new Set(offsets)].toSorted((a, b) => a - b))
    }
    expect(Math.max(...reader.batches.map(({ records }) => records.length))).toBe(3)
  })

  test('a topic may be consumed before anything is appended to it', async () => {
    await using fixture = await openFixture(createPlace)
    const reader = await fixture.read()
    await fixture.log.append(fixture.topic, numbered(0, 5))
    await reader.hasSeen(5)
  })

  test('every group reads everything', async () => {
    await using fixture = await openFixture(createPlace)
    const [one, two] = [await fixture.read({ group: 'one' }), await fixture.read({ group: 'two' })]
    await fixture.log.append(fixture.topic, numbered(0, 50))
    await Promise.all([one.hasSeen(50), two.hasSeen(50)])
  })

  test('every batch names the log that it was read from', async () => {
    await using fixture = await openFixture(createPlace)
    const identity = await fixture.log.identity(fixture.topic)
    expect(identity).not.toBe('')
    await fixture.log.append(fixture.topic, numbered(0, 50))
    const reader = await fixture.read()
    await reader.hasSeen(50)
    expect(new Set(reader.batches.map(({ log }) => log))).toEqual(new Set([identity]))
  })

  test('topics do not mix', async () => {
    await using fixture = await openFixture(createPlace)
    await fixture.log.append(`${fixture.topic}-other`, numbered(50, 60))
    await fixture.log.append(fixture.topic, numbered(0, 5))
    const reader = await fixture.read()
    await reader.hasSeen(5)
    expect(reader.texts().toSorted()).toEqual(['0', '1', '2', '3', '4'])
  })

  test('concurrent appends of many callers all arrive', async () => {
    await using fixture = await openFixture(createPlace)
    const parts = Array.from({ length: 20 }, (_, n) => numbered(n * 10, n * 10 + 10))
    await Promise.all(parts.map((records) => fixture.log.append(fixture.topic, records)))
    const reader = await fixture.read()
    await reader.hasSeen(200)
    expect(new Set(reader.texts()).size).toBe(200)
    const places = reader.seen.map(({ partition, offset }) => `${partition}/${offset}`)
    expect(new Set(places).size).toBe(200)
  })
}

/** Returns a record's content as text that differs when a byte differs. */
function bytesOf(record: NewRecord | undefined): string {
  const hex = (bytes: string | Uint8Array | null) =>
    bytes === null ? null : Buffer.from(bytes).toString('hex')
  const { key = null, value = null, headers = [] } = record ?? {}
  return JSON.stringify([hex(key), hex(value), ...headers.map((one) => [one.name, hex(one.value)])])
}

function declarePositions(createPlace: CreatePlace): void {
  test('a consumer starts at the position that it returns', async () => {
    await using fixture = await openFixture(createPlace)
    await fixture.log.append(fixture.topic, oneKey(0, 10))
    const first = await fixture.read()
    await first.hasSeen(10)
    const start = first.at('6')
    const second = await fixture.read({
      group: 'second',
      position: async (partition) => (partition === start.partition ? start.offset : undefined),
    })
    await second.hasSeen(4)
    expect(second.texts()).toEqual(['6', '7', '8', '9'])
  })

  test('the ends of the partitions are the offsets of the next records', async () => {
    await using fixture = await openFixture(createPlace)
    const before = await fixture.log.ends(fixture.topic)
    expect(before).toEqual(before.map(() => 0))
    await fixture.log.append(fixture.topic, numbered(0, 100))
    const reader = await fixture.read()
    await reader.hasSeen(100)
    const lastOf = (partition: number) =>
      reader.seen.findLast((record) => record.partition === partition)?.offset ?? -1
    expect(await fixture.log.ends(fixture.topic)).toEqual(
      before.map((_, partition) => lastOf(partition) + 1),
    )
  })

  test('the offset that handle returns is read next, whether it goes back or skips records', async () => {
    await using fixture = await openFixture(createPlace)
    await fixture.log.append(fixture.topic, oneKey(0, 10))
    const first = await fixture.read()
    await first.hasSeen(10)
    const positions = [first.at('1').offset, first.at('7').offset]
    const reader = await fixture.read({
      group: 'jumping',
      batchSizeMax: 3,
      handle: async ({ records }) => positions.shift() ?? (records.at(-1)?.offset ?? 0) + 1,
    })
    await reader.hasSeen(9)
    expect(reader.texts()).toEqual(['0', '1', '2', '1', '2', '3', '7', '8', '9'])
  })
}

function declareFailures(createPlace: CreatePlace): void {
  test('a batch whose handling fails is delivered again, and nothing is skipped', async () => {
    await using fixture = await openFixture(createPlace)
    await fixture.log.append(fixture.topic, oneKey(0, 6))
    const errors: Error[] = []
    const handled: string[] = []
    let failures = 3
    await fixture.read({
      batchSizeMax: 2,
      onError: (error) => errors.push(error),
      handle: async ({ records }) => {
        if (text(records[0]) === '2' && failures-- > 0) throw new Error('the store is down')
        handled.push(...records.map(text))
        return (records.at(-1)?.offset ?? 0) + 1
      },
    })
    await waitFor(() => handled.length === 6, { what: 'all six to be handled' })
    expect(handled).toEqual(['0', '1', '2', '3', '4', '5'])
    expect(errors.map(({ message }) => message)).toEqual(Array(3).fill('the store is down'))
  })

  test('a failed call of position is repeated', async () => {
    await using fixture = await openFixture(createPlace)
    await fixture.log.append(fixture.topic, numbered(0, 20))
    let failures = partitionCount + 1
    const errors: Error[] = []
    const reader = await fixture.read({
      onError: (error) => errors.push(error),
      position: async () => {
        if (failures-- > 0) throw new Error('the store is down')
        return undefined
      },
    })
    await reader.hasSeen(20)
    expect(errors).toHaveLength(partitionCount + 1)
  })
}

function declareProgress(createPlace: CreatePlace): void {
  test('progress has the position and the number of records from there on', async () => {
    await using fixture = await openFixture(createPlace)
    const gate = Promise.withResolvers<void>()
    let batches = 0
    const reader = await fixture.read({
      batchSizeMax: 4,
      handle: async ({ records }) => {
        batches += 1
        if (batches === 2) await gate.promise
        return (records.at(-1)?.offset ?? 0) + 1
      },
    })
    await fixture.log.append(fixture.topic, oneKey(0, 10))
    await waitFor(() => batches === 2, { what: 'the second batch' })
    await waitFor(() => lagOf(reader.consumption) === 6, { what: 'a lag of 6' })
    await fixture.log.append(fixture.topic, oneKey(10, 15))
    await waitFor(() => lagOf(reader.consumption) === 11, { what: 'a lag of 11' })
    gate.resolve()
    await reader.hasSeen(15)
    await waitFor(() => lagOf(reader.consumption) === 0, { what: 'no lag' })
    const { partition, offset } = reader.at('14')
    const own = reader.consumption.progress().find((part) => part.partition === partition)
    expect(own).toEqual({ partition, position: offset + 1, lag: 0, failing: false })
    const { length } = await fixture.log.ends(fixture.topic)
    expect(reader.consumption.progress()).toHaveLength(length)
  })

  test('the time of the last poll advances while there is nothing to read', async () => {
    await using fixture = await openFixture(createPlace)
    const { consumption } = await fixture.read()
    const polled = () => consumption.lastPollTimeMs()
    const first = await waitFor(polled, { what: 'the first poll' })
    await waitFor(() => (polled() ?? 0) > first, { what: 'another poll' })
    expect(polled()).toBeLessThanOrEqual(Date.now())
  })
}
