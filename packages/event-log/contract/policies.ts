import { expect, test } from 'bun:test'
import { type NewRecord, RecordWithoutKeyError } from '../port.ts'
import { type CreatePlace, keyText, numbered, oneKey, openFixture, text } from './fixture.ts'
import { readAll } from './read-all.ts'

const value = Uint8Array.of(1)

export function declarePolicies(createPlace: CreatePlace): void {
  test('a topic is created with a policy, keeps it, and can change it without losing records', async () => {
    await using fixture = await openFixture(createPlace)
    const { log, topic } = fixture
    const cleanup = async () => (await log.retention(topic)).cleanup
    await log.ensureTopic(topic, { cleanup: 'compact' })
    expect(await cleanup()).toBe('compact')
    await log.append(topic, numbered(0, 40))
    await log.ensureTopic(topic, { cleanup: 'compact' })
    await log.ensureTopic(topic, { cleanup: 'delete' })
    expect(await cleanup()).toBe('delete')
    expect(await readAll(log, topic)).toHaveLength(40)
  })

  test('a topic without a policy removes records by age, and can become compacted', async () => {
    await using fixture = await openFixture(createPlace)
    const { log, topic } = fixture
    await log.append(topic, oneKey(0, 1))
    const before = await log.retention(topic)
    expect(before).toMatchObject({ cleanup: 'delete', compactionLagMaxMs: undefined })
    expect(before).toMatchObject({ deleteRetentionMs: undefined })
    expect(before.retentionMs).toBeGreaterThan(0)
    await log.ensureTopic(topic, { cleanup: 'compact' })
    const after = await log.retention(topic)
    expect(after).toMatchObject({ cleanup: 'compact', retentionMs: undefined })
    expect(after.deleteRetentionMs).toBeGreaterThan(0)
  })

  test('a record without a key is refused in a compacted topic, and accepted in another', async () => {
    await using fixture = await openFixture(createPlace)
    const { log, topic } = fixture
    const bare: NewRecord = { key: null, value }
    await log.ensureTopic(topic, { cleanup: 'compact' })
    await expect(log.append(topic, [bare])).rejects.toBeInstanceOf(RecordWithoutKeyError)
    await log.append(topic, [{ key: '', value }])
    expect(await readAll(log, topic)).toHaveLength(1)
    await log.append(`${topic}-other`, [bare])
    expect(await readAll(log, `${topic}-other`)).toHaveLength(1)
  })

  test('a reader of a compacted topic receives the last record of each key, tombstones too', async () => {
    await using fixture = await openFixture(createPlace)
    const { log, topic } = fixture
    await log.ensureTopic(topic, { cleanup: 'compact' })
    await log.append(topic, numbered(0, 400))
    await log.append(topic, [{ key: 'key 7', value: null }])
    const last = new Map<string, string | null>()
    for (const record of await readAll(log, topic)) {
      last.set(`${keyText(record)}`, record.value === null ? null : text(record))
    }
    const expected = numbered(360, 400).map((record) => [record.key, text(record)] as const)
    expect(last).toEqual(new Map<string, string | null>([...expected, ['key 7', null]] as never))
  })
}
