import { expect, test } from 'bun:test'
import type { Slice } from '../port.ts'
import { textHeader, textOfHeader } from '../record-headers.ts'
import {
  type CreatePlace,
  type Fixture,
  keyText,
  numbered,
  oneKey,
  openFixture,
  partitionCount,
  text,
} from './fixture.ts'

export function declareReading(createPlace: CreatePlace): void {
  test('records are read from the offset on, as they were appended, without being consumed', async () => {
    await using fixture = await openFixture(createPlace)
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const headers = [textHeader('reason', 'ünïcødé ☃'), textHeader('empty', '')]
    const beforeMs = Date.now()
    await fixture.log.append(fixture.topic, [{ key: 'ключ', value: bytes, headers }])
    const partition = await onlyPartition(fixture)
    await fixture.log.append(fixture.topic, [{ key: 'ключ', value: bytes.subarray(1) }])
    const slice = await fixture.log.read(fixture.topic, { partition, offset: 0, countMax: 10 })
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
    const reader = await fixture.read({ resumes: true })
    await reader.hasSeen(2)
  })

  test('a slice has at most countMax records, and the next one continues after it', async () => {
    await using fixture = await openFixture(createPlace)
    await fixture.log.append(fixture.topic, oneKey(0, 25))
    const partition = await onlyPartition(fixture)
    const texts: string[] = []
    const lengths: number[] = []
    let offset = 0
    for (;;) {
      const slice = await fixture.log.read(fixture.topic, { partition, offset, countMax: 10 })
      const last = slice?.records.at(-1)
      if (last === undefined) break
      texts.push(...textsOf(slice))
      lengths.push(slice?.records.length ?? 0)
      offset = last.offset + 1
    }
    expect(texts).toEqual(oneKey(0, 25).map(text))
    expect(Math.max(...lengths)).toBeLessThanOrEqual(10)
  })

  test('a slice has the bounds of the partition', async () => {
    await using fixture = await openFixture(createPlace)
    await fixture.log.append(fixture.topic, oneKey(0, 5))
    const partition = await onlyPartition(fixture)
    const whole = await fixture.log.read(fixture.topic, { partition, offset: 0, countMax: 10 })
    const [first, last] = [whole?.records[0], whole?.records.at(-1)]
    expect(whole?.oldest).toBe(first?.offset as number)
    expect(whole?.end).toBe((last?.offset ?? 0) + 1)
    expect((await fixture.log.ends(fixture.topic))[partition]).toBe(whole?.end as number)
    const part = await fixture.log.read(fixture.topic, { partition, offset: 3, countMax: 1 })
    expect({ ...part, records: textsOf(part) }).toEqual({
      oldest: whole?.oldest as number,
      end: whole?.end as number,
      records: ['3'],
    })
  })

  test('a slice is empty at the end and in an empty topic, and undefined in an unknown partition', async () => {
    await using fixture = await openFixture(createPlace)
    const all = { offset: 0, countMax: 10 }
    const empty = await fixture.log.read(fixture.topic, { partition: 0, ...all })
    expect(empty).toEqual({ records: [], oldest: 0, end: 0 })
    const unknown = { partition: partitionCount, ...all }
    expect(await fixture.log.read(fixture.topic, unknown)).toBeUndefined()
    await fixture.log.append(fixture.topic, oneKey(0, 3))
    const partition = await onlyPartition(fixture)
    for (const offset of [3, 1_000]) {
      const slice = await fixture.log.read(fixture.topic, { partition, offset, countMax: 10 })
      expect(slice).toMatchObject({ records: [], end: 3 })
    }
  })

  test('a slice of large values is short, and not empty', async () => {
    await using fixture = await openFixture(createPlace)
    const value = new Uint8Array(1_000_000)
    for (let n = 0; n < 10; n++) {
      await fixture.log.append(fixture.topic, [{ key: 'large', value }])
    }
    const partition = await onlyPartition(fixture)
    const slice = await fixture.log.read(fixture.topic, { partition, offset: 0, countMax: 10 })
    const count = slice?.records.length ?? 0
    expect(count).toBeGreaterThan(0)
    expect(count).toBeLessThan(10)
    const rest = await fixture.log.read(fixture.topic, { partition, offset: count, countMax: 10 })
    expect(rest?.records[0]?.offset).toBe(count)
  })

  test('concurrent reads return all records, also while others are appended', async () => {
    await using fixture = await openFixture(createPlace)
    await fixture.log.append(fixture.topic, numbered(0, 100))
    const read = (partition: number) =>
      fixture.log.read(fixture.topic, { partition, offset: 0, countMax: 1_000 })
    const partitions = Array.from({ length: partitionCount * 5 }, (_, n) => n % partitionCount)
    const [slices] = await Promise.all([
      Promise.all(partitions.map(read)),
      fixture.log.append(fixture.topic, numbered(100, 200)),
    ])
    const seen = new Set(slices.flatMap(textsOf))
    for (const record of numbered(0, 100)) expect(seen).toContain(text(record))
  })

  test('an invalid countMax is rejected, and so is reading a closed log', async () => {
    const fixture = await openFixture(createPlace)
    const read = (countMax: number) =>
      fixture.log.read(fixture.topic, { partition: 0, offset: 0, countMax })
    await expect(read(0)).rejects.toThrow('countMax must be')
    await expect(read(1.5)).rejects.toThrow('got 1.5')
    await fixture[Symbol.asyncDispose]()
    await expect(read(1)).rejects.toThrow('the event log is closed')
  })
}

function textsOf(slice: Slice | undefined): string[] {
  return (slice?.records ?? []).map(text)
}

/** Returns the only partition with records so far. */
async function onlyPartition({ log, topic }: Fixture): Promise<number> {
  return (await log.ends(topic)).findIndex((end) => end > 0)
}
