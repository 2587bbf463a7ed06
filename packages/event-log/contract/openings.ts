import { expect, test } from 'bun:test'
import { type CreatePlace, fixtureAt, numbered, oneKey, text, uniqueTopic } from './fixture.ts'

export function declareDurability(createPlace: CreatePlace): void {
  test('records are kept when the log is reopened', async () => {
    await using place = await createPlace()
    const topic = uniqueTopic()
    for (const [from, until] of [
      [0, 30],
      [30, 50],
    ] as const) {
      await using log = await place.open()
      await log.append(topic, oneKey(from, until))
    }
    await using fixture = await fixtureAt(place, topic)
    const reader = await fixture.read()
    await reader.hasSeen(50)
    expect(reader.texts()).toEqual(oneKey(0, 50).map(text))
    const offsets = reader.seen.map(({ offset }) => offset)
    expect(offsets).toEqual([...new Set(offsets)].toSorted((a, b) => a - b))
  })

  test('a reopened log has the same identity', async () => {
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
  test('two log objects of the same place return the same identity', async () => {
    await using place = await createPlace()
    await using fixture = await fixtureAt(place)
    await using other = await place.open()
    const identity = await fixture.log.identity(fixture.topic)
    expect(await other.identity(fixture.topic)).toBe(identity)
    const reader = await fixture.read()
    await other.append(fixture.topic, numbered(0, 50))
    await reader.hasSeen(50)
    expect(new Set(reader.batches.map(({ log }) => log))).toEqual(new Set([identity]))
  })

  test('records that are appended through one log object reach a consumer of another', async () => {
    await using place = await createPlace()
    await using fixture = await fixtureAt(place)
    await using other = await place.open()
    const reader = await fixture.read()
    await Promise.all([
      other.append(fixture.topic, numbered(0, 50)),
      fixture.log.append(fixture.topic, numbered(50, 100)),
    ])
    await reader.hasSeen(100)
    await other.append(fixture.topic, numbered(100, 110))
    await reader.hasSeen(110)
    expect(new Set(reader.texts()).size).toBe(110)
  })
}
