import { expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { waitFor } from '@marquee/testing/wait-for'
import { keyText, numbered } from '../contract/fixture.ts'
import type { LogRecord, NewRecord } from '../port.ts'
import { createEmbeddedEventLog } from './embedded.ts'

alsoOnDenoAndNode(import.meta.filename)

const userCount = 60
const erased = 'user-7-of-the-test'
const encoder = new TextEncoder()

test('no byte of an erased record is in the files, nor of what compaction removed before', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'log.db')
  await using log = createEmbeddedEventLog({ path, partitions: 3, compactionIntervalMs: 5 })
  const topics = ['changes', 'events'] as const
  await log.ensureTopic('changes', { cleanup: 'compact' })
  for (let round = 0; round < 40; round++) {
    for (const topic of topics) await log.append(topic, changes(round))
  }
  const db = new DatabaseSync(path)
  const cleaned = () => db.prepare('SELECT count(*) AS count FROM compaction').get()?.count === 3
  await waitFor(cleaned, { what: 'compaction' })
  db.close()
  expect(countInFiles(path)).toBeGreaterThan(0)
  const isErased = (record: LogRecord) => keyText(record)?.endsWith(erased) === true
  const erasures = await Promise.all(topics.map((topic) => log.erase(topic, isErased)))
  for (const { removed, remaining } of erasures) {
    expect(removed).toBeGreaterThan(0)
    expect(remaining).toBe(0)
  }
  expect(countInFiles(path)).toBe(0)
  expect(countInFiles(path, 'user-8-of-the-test')).toBeGreaterThan(0)
})

test('a record that is erased is not in the files while another process has read them', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'log.db')
  await using log = createEmbeddedEventLog({ path, partitions: 1 })
  await log.append('events', changes(0))
  const reader = new DatabaseSync(path)
  reader.exec('BEGIN; SELECT count(*) FROM record')
  reader.prepare('SELECT count(*) FROM record').get()
  const erasing = log.erase('events', (record) => keyText(record)?.endsWith(erased) === true)
  await waitFor(() => recordCount(path) === changes(0).length - 4, { what: 'the removal' })
  reader.exec('COMMIT')
  reader.close()
  expect(await erasing).toEqual({ removed: 4, remaining: 0 })
  expect(countInFiles(path)).toBe(0)
})

test('appending and consuming continue while records are erased', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'log.db')
  await using log = createEmbeddedEventLog({ path, partitions: 1 })
  await log.append('events', numbered(0, 5_000))
  const offsets: number[] = []
  await log.consume({
    topic: 'events',
    group: 'readers',
    batchSizeMax: 100,
    async handle({ records }) {
      offsets.push(...records.map(({ offset }) => offset))
      return (records.at(-1)?.offset ?? 0) + 1
    },
  })
  const erasing = log.erase('events', (record) => keyText(record) === 'key 3')
  for (let n = 5_000; n < 6_000; n += 100) await log.append('events', numbered(n, n + 100))
  expect((await erasing).removed).toBeGreaterThanOrEqual(125)
  await waitFor(() => offsets.at(-1) === 5_999, { what: 'the last record' })
  expect(offsets).toEqual([...new Set(offsets)].toSorted((a, b) => a - b))
  const kept = offsets.filter((offset) => offset % 40 !== 3)
  expect(kept).toHaveLength(5_850)
})

/** Returns records of all users, of different sizes, some of them tombstones. */
function changes(round: number): NewRecord[] {
  return Array.from({ length: userCount * 4 }, (_, index) => {
    const user = `user-${index % userCount}-of-the-test`
    const size = index % 23 === 0 ? 6_000 : (index * 37 + round * 11) % 200
    const value = index % 17 === 5 ? null : encoder.encode(`${user} ${'x'.repeat(size)}`)
    return { key: `movie-${(index * 7 + round) % 50}/${user}`, value }
  })
}

function recordCount(path: string): number {
  using db = new DatabaseSync(path)
  return db.prepare('SELECT count(*) AS count FROM record').get()?.count as number
}

/** Returns how often the text is in the bytes of the database and its write-ahead log. */
function countInFiles(path: string, text = erased): number {
  const files = [path, `${path}-wal`].filter((file) => existsSync(file))
  return files.reduce(
    (sum, file) => sum + readFileSync(file).toString('latin1').split(text).length - 1,
    0,
  )
}
