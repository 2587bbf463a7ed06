import { expect, test } from 'bun:test'
import type { Slice } from '../port.ts'
import { textHeader, textOfHeader } from '../record-headers.ts'
import {
  type Bench,
  type CreatePlace,
  keyText,
  numbered,
  oneKey,
  openBench,
  partitionCount,
  text,
} from './bench.ts'

export function declareReading(createPlace: CreatePlace): void {
  test('records are read from the offset on, as they were appended, without being consumed', async () => {
    await using bench = await openBench(createPlace)
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const headers = [textHeader('reason', 'ünïcødé ☃'), textHeader('empty', '')]
    const beforeMs = Date.now()
    await bench.log.append(bench.topic, [{ key: 'ключ', value: bytes, headers }])
    const partition = await onlyPartition(bench)
    await bench.log.append(bench.topic, [{ key: 'ключ', value: bytes.subarray(1) }])
    const slice = await bench.log.read(bench.topic, { partition, offset: 0, countMax: 10 })
    const [whole, part] = slice?.records ?? []
    expect(slice?.records).toHaveLength(2)
    expect(whole?.offset).toBe(slice?.oldest as number)
    expect(whole && keyText(whole)).toBe('ключ')
    expect(whole?.headers.map(({ name }) => name)).toEqual(['reason', 'empty'])
    expect(whole?.headers.map(textOfHeader)).toEqual(['ünïcødé ☃', ''])
    expect([...(whole?.value ?? [])]).toEqual([...bytes])
    expect(whole?.timestampMs).toBeGreaterThanOrEqual(beforeMs)
    expect(part?.headers).toEqual([])
    expect([...(part?.value ?? [])]).toEqual([...bytes.subarray(1)])
    const reader = await bench.read({ goesOn: true })
    await reader.hasSeen(2)
  })

  test('a slice holds no more than was asked for, and the next one goes on', async () => {
    await using bench = await openBench(createPlace)
    await bench.log.append(bench.topic, oneKey(0, 25))
    const partition = await onlyPartition(bench)
    const texts: string[] = []
    const lengths: number[] = []
    let offset = 0
    for (;;) {
      const slice = await bench.log.read(bench.topic, { partition, offset, countMax: 10 })
      const last = slice?.records.at(-1)
      if (last === undefined) break
      texts.push(...textsOf(slice))
      lengths.push(slice?.records.length ?? 0)
      offset = last.offset + 1
    }
    expect(texts).toEqual(oneKey(0, 25).map(text))
    expect(Math.max(...lengths)).toBeLessThanOrEqual(10)
  })

  test('a slice says where the partition begins and ends', async () => {
    await using bench = await openBench(createPlace)
    await bench.log.append(bench.topic, oneKey(0, 5))
    const partition = await onlyPartition(bench)
    const whole = await bench.log.read(bench.topic, { partition, offset: 0, countMax: 10 })
    const [first, last] = [whole?.records[0], whole?.records.at(-1)]
    expect(whole?.oldest).toBe(first?.offset as number)
    expect(whole?.end).toBe((last?.offset ?? 0) + 1)
    expect((await bench.log.ends(bench.topic))[partition]).toBe(whole?.end as number)
    const part = await bench.log.read(bench.topic, { partition, offset: 3, countMax: 1 })
    expect({ ...part, records: textsOf(part) }).toEqual({
      oldest: whole?.oldest as number,
      end: whole?.end as number,
      records: ['3'],
    })
  })

  test('nothing is read from the end on, nor of an empty topic or an unknown partition', async () => {
    await using bench = await openBench(createPlace)
    const all = { offset: 0, countMax: 10 }
    const empty = await bench.log.read(bench.topic, { partition: 0, ...all })
    expect(empty).toEqual({ records: [], oldest: 0, end: 0 })
    const unknown = { partition: partitionCount, ...all }
    expect(await bench.log.read(bench.topic, unknown)).toBeUndefined()
    await bench.log.append(bench.topic, oneKey(0, 3))
    const partition = await onlyPartition(bench)
    for (const offset of [3, 1_000]) {
      const slice = await bench.log.read(bench.topic, { partition, offset, countMax: 10 })
      expect(slice).toMatchObject({ records: [], end: 3 })
    }
  })

  test('large values make a slice short, and not empty', async () => {
    await using bench = await openBench(createPlace)
    const value = new Uint8Array(1_000_000)
    for (let n = 0; n < 10; n++) {
      await bench.log.append(bench.topic, [{ key: 'large', value }])
    }
    const partition = await onlyPartition(bench)
    const slice = await bench.log.read(bench.topic, { partition, offset: 0, countMax: 10 })
    const count = slice?.records.length ?? 0
    expect(count).toBeGreaterThan(0)
    expect(count).toBeLessThan(10)
    const rest = await bench.log.read(bench.topic, { partition, offset: count, countMax: 10 })
    expect(rest?.records[0]?.offset).toBe(count)
  })

  test('many read at once, also while records are appended', async () => {
    await using bench = await openBench(createPlace)
    await bench.log.append(bench.topic, numbered(0, 100))
    const read = (partition: number) =>
      bench.log.read(bench.topic, { partition, offset: 0, countMax: 1_000 })
    const partitions = Array.from({ length: partitionCount * 5 }, (_, n) => n % partitionCount)
    const [slices] = await Promise.all([
      Promise.all(partitions.map(read)),
      bench.log.append(bench.topic, numbered(100, 200)),
    ])
    const seen = new Set(slices.flatMap(textsOf))
    for (const record of numbered(0, 100)) expect(seen).toContain(text(record))
  })

  test('a count that makes no sense is refused, and so is reading a closed log', async () => {
    const bench = await openBench(createPlace)
    const read = (countMax: number) =>
      bench.log.read(bench.topic, { partition: 0, offset: 0, countMax })
    await expect(read(0)).rejects.toThrow('countMax is 0')
    await expect(read(1.5)).rejects.toThrow('countMax is 1.5')
    await bench[Symbol.asyncDispose]()
    await expect(read(1)).rejects.toThrow('the event log is closed')
  })
}

function textsOf(slice: Slice | undefined): string[] {
  return (slice?.records ?? []).map(text)
}

/** The partition in which everything is so far. */
async function onlyPartition({ log, topic }: Bench): Promise<number> {
  return (await log.ends(topic)).findIndex((end) => end > 0)
}
