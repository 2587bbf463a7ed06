import { expect, test } from 'bun:test'
import { benchAt, type CreatePlace, numbered, oneKey, text, uniqueTopic } from './bench.ts'

export function declareDurability(createPlace: CreatePlace): void {
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

  test('a log that is opened again has the same identity', async () => {
    await using place = await createPlace()
    const topic = uniqueTopic()
    const identities: string[] = []
    for (let opening = 0; opening < 2; opening++) {
      await using log = await place.open()
      identities.push(await log.identity(topic))
    }
    expect(identities[1]).toBe(identities[0] as string)
  })
}

export function declareSharing(createPlace: CreatePlace): void {
  test('another opening tells the same identity', async () => {
    await using place = await createPlace()
    await using bench = await benchAt(place)
    await using other = await place.open()
    const identity = await bench.log.identity(bench.topic)
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
}
