import { describe, expect, test } from 'bun:test'
import { waitFor } from '@marquee/testing/wait-for'
import type { NewRecord } from '../port.ts'
import { textHeader } from '../record-headers.ts'
import {
  benchAt,
  type CreatePlace,
  keyCount,
  keyText,
  lagOf,
  numbered,
  oneKey,
  openBench,
  partitionCount,
  text,
  uniqueTopic,
} from './bench.ts'
import { declareDisposal } from './disposal.ts'
import { declareGroups } from './groups.ts'
import { declareReading } from './reading.ts'

export interface EventLogCapabilities {
  /** What the adapter's `durable` has to say. Without it, records are not looked for through another opening. */
  readonly durable: boolean
}

/** Declares the tests of everything the port promises. */
export function eventLogContract(
  name: string,
  createPlace: CreatePlace,
  { durable }: EventLogCapabilities,
): void {
  describe(`event log: ${name}`, () => {
    describe('delivery', () => declareDelivery(createPlace))
    describe('reading', () => declareReading(createPlace))
    describe('positions', () => declarePositions(createPlace))
    describe('failures', () => declareFailures(createPlace))
    describe('groups', () => declareGroups(createPlace))
    describe('disposal', () => declareDisposal(createPlace))
    describe('progress', () => declareProgress(createPlace))
    test('it says whether it is durable', async () => {
      await using bench = await openBench(createPlace)
      expect(bench.log.durable).toBe(durable)
    })
    if (durable) describe('durability', () => declareDurability(createPlace))
  })
}

function declareDelivery(createPlace: CreatePlace): void {
  test('every record is delivered, from the oldest on, in order within its key', async () => {
    await using bench = await openBench(createPlace)
    await bench.log.append(bench.topic, numbered(0, 500))
    const reader = await bench.read({ batchSizeMax: 7 })
    await bench.log.append(bench.topic, numbered(500, 1_000))
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

  test('keys, headers, bytes and the time of appending survive', async () => {
    await using bench = await openBench(createPlace)
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const headers = [textHeader('reason', 'ünïcødé ☃'), textHeader('empty', '')]
    const before = Date.now()
    await bench.log.append(bench.topic, [
      { key: 'ключ', value: bytes, headers },
      { key: 'ключ', value: bytes.subarray(10, 20) },
      { key: '', value: new Uint8Array() },
    ])
    const reader = await bench.read()
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

  test('keys, values and headers survive byte for byte, in order, and so does what is absent', async () => {
    await using bench = await openBench(createPlace)
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
    for (const record of records) await bench.log.append(bench.topic, [record])
    const reader = await bench.read()
    await reader.hasSeen(records.length)
    const sorted = (all: readonly NewRecord[]) => all.map(bytesOf).toSorted()
    expect(sorted(reader.seen)).toEqual(sorted(records))
  })

  test('a batch has one to batchSizeMax records, with growing offsets', async () => {
    await using bench = await openBench(createPlace)
    await bench.log.append(bench.topic, numbered(0, 100))
    const reader = await bench.read({ batchSizeMax: 3 })
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
    await using bench = await openBench(createPlace)
    const reader = await bench.read()
    await bench.log.append(bench.topic, numbered(0, 5))
    await reader.hasSeen(5)
  })

  test('topics do not mix', async () => {
    await using bench = await openBench(createPlace)
    await bench.log.append(`${bench.topic}-other`, numbered(50, 60))
    await bench.log.append(bench.topic, numbered(0, 5))
    const reader = await bench.read()
    await reader.hasSeen(5)
    expect(reader.texts().toSorted()).toEqual(['0', '1', '2', '3', '4'])
  })

  test('appends at once from many callers all arrive', async () => {
    await using bench = await openBench(createPlace)
    const parts = Array.from({ length: 20 }, (_, n) => numbered(n * 10, n * 10 + 10))
    await Promise.all(parts.map((records) => bench.log.append(bench.topic, records)))
    const reader = await bench.read()
    await reader.hasSeen(200)
    expect(new Set(reader.texts()).size).toBe(200)
    const places = reader.seen.map(({ partition, offset }) => `${partition}/${offset}`)
    expect(new Set(places).size).toBe(200)
  })
}

/** The record's content as text that differs for other bytes. */
function bytesOf(record: NewRecord | undefined): string {
  const hex = (bytes: string | Uint8Array | null) =>
    bytes === null ? null : Buffer.from(bytes).toString('hex')
  const { key = null, value = null, headers = [] } = record ?? {}
  return JSON.stringify([hex(key), hex(value), ...headers.map((one) => [one.name, hex(one.value)])])
}

function declarePositions(createPlace: CreatePlace): void {
  test('a consumer starts at the position it answers', async () => {
    await using bench = await openBench(createPlace)
    await bench.log.append(bench.topic, oneKey(0, 10))
    const first = await bench.read()
    await first.hasSeen(10)
    const start = first.at('6')
    const second = await bench.read({
      group: 'second',
      position: async (partition) => (partition === start.partition ? start.offset : undefined),
    })
    await second.hasSeen(4)
    expect(second.texts()).toEqual(['6', '7', '8', '9'])
  })

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

  test('the ends of the partitions are the offsets of the records to come', async () => {
    await using bench = await openBench(createPlace)
    expect(await bench.log.ends(bench.topic)).toEqual(Array(partitionCount).fill(0))
    await bench.log.append(bench.topic, numbered(0, 100))
    const reader = await bench.read()
    await reader.hasSeen(100)
    const lastOf = (partition: number) =>
      reader.seen.findLast((record) => record.partition === partition)?.offset ?? -1
    expect(await bench.log.ends(bench.topic)).toEqual([0, 1, 2, 3].map((one) => lastOf(one) + 1))
  })

  test('what handle answers is read next, also further back and further on', async () => {
    await using bench = await openBench(createPlace)
    await bench.log.append(bench.topic, oneKey(0, 10))
    const first = await bench.read()
    await first.hasSeen(10)
    const answers = [first.at('1').offset, first.at('7').offset]
    const reader = await bench.read({
      group: 'jumping',
      batchSizeMax: 3,
      handle: async ({ records }) => answers.shift() ?? (records.at(-1)?.offset ?? 0) + 1,
    })
    await reader.hasSeen(9)
    expect(reader.texts()).toEqual(['0', '1', '2', '1', '2', '3', '7', '8', '9'])
  })
}

function declareFailures(createPlace: CreatePlace): void {
  test('a batch whose handling fails is delivered again, and nothing is skipped', async () => {
    await using bench = await openBench(createPlace)
    await bench.log.append(bench.topic, oneKey(0, 6))
    const errors: Error[] = []
    const handled: string[] = []
    let failures = 3
    await bench.read({
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

  test('a position that cannot be told is asked again', async () => {
    await using bench = await openBench(createPlace)
    await bench.log.append(bench.topic, numbered(0, 20))
    let failures = partitionCount + 1
    const errors: Error[] = []
    const reader = await bench.read({
      onError: (error) => errors.push(error),
      position: async () => {
        if (failures-- > 0) throw new Error('the store is down')
        return undefined
      },
    })
    await reader.hasSeen(20)
    expect(errors).toHaveLength(partitionCount + 1)
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

function declareProgress(createPlace: CreatePlace): void {
  test('progress tells the position and how many records wait', async () => {
    await using bench = await openBench(createPlace)
    const gate = Promise.withResolvers<void>()
    let batches = 0
    const reader = await bench.read({
      batchSizeMax: 4,
      handle: async ({ records }) => {
        batches += 1
        if (batches === 2) await gate.promise
        return (records.at(-1)?.offset ?? 0) + 1
      },
    })
    await bench.log.append(bench.topic, oneKey(0, 10))
    await waitFor(() => batches === 2, { what: 'the second batch' })
    await waitFor(() => lagOf(reader.consumption) === 6, { what: 'a lag of 6' })
    await bench.log.append(bench.topic, oneKey(10, 15))
    await waitFor(() => lagOf(reader.consumption) === 11, { what: 'a lag of 11' })
    gate.resolve()
    await reader.hasSeen(15)
    await waitFor(() => lagOf(reader.consumption) === 0, { what: 'no lag' })
    const { partition, offset } = reader.at('14')
    const own = reader.consumption.progress().find((part) => part.partition === partition)
    expect(own).toEqual({ partition, position: offset + 1, lag: 0, failing: false })
    expect(reader.consumption.progress()).toHaveLength(partitionCount)
  })

  test('the time of the last poll moves on while there is nothing to read', async () => {
    await using bench = await openBench(createPlace)
    const { consumption } = await bench.read()
    const polled = () => consumption.lastPollTimeMs()
    const first = await waitFor(polled, { what: 'the first poll' })
    await waitFor(() => (polled() ?? 0) > first, { what: 'another poll' })
    expect(polled()).toBeLessThanOrEqual(Date.now())
  })
}

function declareDurability(createPlace: CreatePlace): void {
  test('records are there when the log is opened again', async () => {
    await using place = await createPlace()
    const topic = uniqueTopic()
    for (const [from, until] of [
      [0, 30],
      [30, 50],
    ] as const) {
      await using log = await place.open()
      await log.append(topic, oneKey(from, until))
    }
    await using bench = await benchAt(place, topic)
    const reader = await bench.read()
    await reader.hasSeen(50)
    expect(reader.texts()).toEqual(oneKey(0, 50).map(text))
    const offsets = reader.seen.map(({ offset }) => offset)
    expect(offsets).toEqual([...new Set(offsets)].toSorted((a, b) => a - b))
  })

  test('a log that is opened again has the same identity, which comes with every batch', async () => {
    await using place = await createPlace()
    await using bench = await benchAt(place)
    await using other = await place.open()
    const identity = await bench.log.identity(bench.topic)
    expect(identity).not.toBe('')
    expect(await other.identity(bench.topic)).toBe(identity)
    const reader = await bench.read()
    await other.append(bench.topic, numbered(0, 50))
    await reader.hasSeen(50)
    expect(new Set(reader.batches.map(({ log }) => log))).toEqual(new Set([identity]))
  })

  test('what one opening appends, a consumer of another gets', async () => {
    await using place = await createPlace()
    await using bench = await benchAt(place)
    await using other = await place.open()
    const reader = await bench.read()
    await Promise.all([
      other.append(bench.topic, numbered(0, 50)),
      bench.log.append(bench.topic, numbered(50, 100)),
    ])
    await reader.hasSeen(100)
    await other.append(bench.topic, numbered(100, 110))
    await reader.hasSeen(110)
    expect(new Set(reader.texts()).size).toBe(110)
  })

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
