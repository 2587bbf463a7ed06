import { expect, test } from 'bun:test'
import { type CreatePlace, keyText, numbered, oneKey, openFixture, text } from './fixture.ts'
import { readAll } from './read-all.ts'

export function declareErasing(createPlace: CreatePlace, erases: boolean): void {
  test('every record that matches is removed or counted, and the others stay', async () => {
    await using fixture = await openFixture(createPlace)
    const { log, topic } = fixture
    await log.append(topic, numbered(0, 400))
    const result = await log.erase(topic, (record) => keyText(record) === 'key 3')
    expect(result).toEqual(erases ? { removed: 10, remaining: 0 } : { removed: 0, remaining: 10 })
    const records = await readAll(log, topic)
    expect(records).toHaveLength(erases ? 390 : 400)
    expect(records.filter((record) => keyText(record) === 'key 4')).toHaveLength(10)
    const again = await log.erase(topic, (record) => keyText(record) === 'key 3')
    expect(again).toEqual({ removed: 0, remaining: erases ? 0 : 10 })
  })

  test('ends and positions mean the same after records are erased', async () => {
    await using fixture = await openFixture(createPlace)
    const { log, topic } = fixture
    await log.append(topic, oneKey(0, 10))
    const ends = await log.ends(topic)
    const { removed } = await log.erase(topic, (record) => ['3', '4', '9'].includes(text(record)))
    expect(await log.ends(topic)).toEqual(ends)
    await log.append(topic, oneKey(10, 12))
    const after = await fixture.read({ position: async (partition) => ends[partition] })
    await after.hasSeen(2)
    expect(after.texts()).toEqual(['10', '11'])
    expect(await readAll(log, topic)).toHaveLength(12 - removed)
  })

  test('erasing stops when matches throws and when the signal is aborted', async () => {
    await using fixture = await openFixture(createPlace)
    const { log, topic } = fixture
    await log.append(topic, oneKey(0, 3))
    const fail = () => {
      throw new Error('cannot decide')
    }
    await expect(log.erase(topic, fail)).rejects.toThrow('cannot decide')
    const signal = AbortSignal.abort(new Error('shutting down'))
    await expect(log.erase(topic, () => true, { signal })).rejects.toThrow('shutting down')
    expect(await readAll(log, topic)).toHaveLength(3)
  })
}
