import { describe, expect, test } from 'bun:test'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { spawnProgram } from '@marquee/testing/process'
import { testWith } from '@marquee/testing/requirements'
import { type TemporaryFolder, temporaryFolder } from '@marquee/testing/temporary-folder'
import { runtime } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { keyText, numbered, text } from '../contract/fixture.ts'
import { readAll } from '../contract/read-all.ts'
import type { EventLog, LogRecord } from '../port.ts'
import { createEmbeddedEventLog, type EmbeddedEventLogOptions } from './embedded.ts'

alsoOnDenoAndNode(import.meta.filename)

const compact = { cleanup: 'compact' } as const
const dayMs = 24 * 60 * 60 * 1_000
const topic = 'changes'

describe('compaction of the embedded log', () => {
  test('compaction leaves the last record of each key, and offsets keep their meaning', async () => {
    await using bench = await openBench()
    const { log } = bench
    await log.append(topic, numbered(0, 10_000))
    const ends = await log.ends(topic)
    await log.ensureTopic(topic, compact)
    await waitFor(async () => (await readAll(log, topic)).length === 40, { what: 'compaction' })
    const records = await readAll(log, topic, 7)
    const expected = new Map(numbered(9_960, 10_000).map((record) => [record.key, text(record)]))
    expect(lastByKey(records)).toEqual(expected as never)
    expect(await log.ends(topic)).toEqual(ends)
    for (const { partition, offset, value } of records) {
      const slice = await log.read(topic, { partition, offset, countMax: 1 })
      expect(slice?.records[0]?.value).toEqual(value as never)
    }
    await log.append(topic, [{ key: 'key 1', value: null }])
    expect((await log.ends(topic)).reduce((a, b) => a + b)).toBe(10_001)
  })

  test('a topic with few new records is compacted when one of them is old enough', async () => {
    await using bench = await openBench({ compactionLagMaxMs: 60_000 })
    const { log, clock } = bench
    await log.ensureTopic(topic, compact)
    await log.append(topic, numbered(0, 80))
    await bench.cleanerHasLooked()
    expect(await readAll(log, topic)).toHaveLength(80)
    clock.nowMs += 60_000
    await waitFor(async () => (await readAll(log, topic)).length === 40, { what: 'compaction' })
  })

  test('a topic with another policy keeps every record, and records without a key stay', async () => {
    await using bench = await openBench()
    const { log } = bench
    await log.append(topic, [{ key: null, value: Uint8Array.of(1) }, ...numbered(0, 5_000)])
    await log.append('other', numbered(0, 5_000))
    await log.ensureTopic(topic, compact)
    await waitFor(async () => (await readAll(log, topic)).length === 41, { what: 'compaction' })
    expect((await readAll(log, topic)).filter(({ key }) => key === null)).toHaveLength(1)
    expect(await readAll(log, 'other')).toHaveLength(5_000)
  })

  test('records of a compacted topic are not removed by age', async () => {
    await using bench = await openBench({ retentionMs: 60_000, compactionLagMaxMs: dayMs })
    const { log, clock } = bench
    await log.ensureTopic(topic, compact)
    await log.append(topic, numbered(0, 40))
    await log.append('other', numbered(0, 40))
    const all = { batchSizeMax: 100, position: async () => undefined }
    const handle = async ({ records }: { records: readonly LogRecord[] }) =>
      (records.at(-1)?.offset ?? 0) + 1
    for (const name of [topic, 'other']) {
      await log.consume({ topic: name, group: 'readers', ...all, handle })
    }
    clock.nowMs += 120_000
    await waitFor(async () => (await readAll(log, 'other')).length === 0, { what: 'removal' })
    expect(await readAll(log, topic)).toHaveLength(40)
  })

  test('the file stays small, however often the same keys change', async () => {
    await using bench = await openBench()
    const { log } = bench
    await log.ensureTopic(topic, compact)
    const sizes: number[] = []
    for (let round = 0; round < 30; round++) {
      await log.append(topic, numbered(0, 4_000))
      await waitFor(() => bench.countRecords() < 4_000, { what: 'compaction', intervalMs: 1 })
      sizes.push(bench.pages())
    }
    expect(sizes.at(-1)).toBeLessThanOrEqual(2 * (sizes[1] as number))
  })

  test('a reader that runs during compaction receives the last record of each key', async () => {
    await using bench = await openBench()
    const { log } = bench
    await log.ensureTopic(topic, compact)
    await log.append(topic, numbered(0, 20_000))
    await log.append(topic, numbered(20_000, 20_040))
    const records = await readAll(log, topic, 11)
    const expected = new Map(numbered(20_000, 20_040).map((one) => [one.key, text(one)]))
    expect(lastByKey(records)).toEqual(expected as never)
  })
})

describe('tombstones of the embedded log', () => {
  test('a tombstone stays for its time after what it deletes was removed, then goes', async () => {
    await using bench = await openBench({ deleteRetentionMs: dayMs })
    const { log, clock } = bench
    await log.ensureTopic(topic, compact)
    await log.append(topic, [...numbered(0, 40), { key: 'key 3', value: null }])
    // Older than its retention when the first pass begins: a reader may have seen the value.
    clock.nowMs += 10 * dayMs
    await log.append(topic, numbered(40, 5_040))
    await log.append(topic, [{ key: 'key 3', value: null }])
    clock.nowMs += 10 * dayMs
    const ofKey3 = async () =>
      (await readAll(log, topic)).filter((record) => keyText(record) === 'key 3')
    await waitFor(async () => (await ofKey3()).length === 1, { what: 'compaction' })
    expect((await ofKey3()).map(({ value }) => value)).toEqual([null])
    clock.nowMs += dayMs - 1
    await bench.cleanerHasLooked()
    expect(await ofKey3()).toHaveLength(1)
    clock.nowMs += 2
    await waitFor(async () => (await ofKey3()).length === 0, { what: 'the tombstone to go' })
    expect(await readAll(log, topic)).toHaveLength(39)
  })

  test('a tombstone stays until every group has passed it', async () => {
    await using bench = await openBench({ deleteRetentionMs: 1_000, compactionLagMaxMs: 1_000 })
    const { log, clock } = bench
    await log.ensureTopic(topic, compact)
    await log.append(topic, [{ key: 'a', value: null }])
    let isStuck = true
    await log.consume({
      topic,
      group: 'slow',
      batchSizeMax: 1,
      handle: async ({ records }) => {
        if (isStuck) throw new Error('not yet')
        return (records.at(-1)?.offset ?? 0) + 1
      },
    })
    clock.nowMs += 60_000
    await waitFor(() => bench.countTombstones() === 1, { what: 'the pass' })
    clock.nowMs += 60_000
    await bench.cleanerHasLooked()
    expect(await readAll(log, topic)).toHaveLength(1)
    isStuck = false
    await waitFor(async () => (await readAll(log, topic)).length === 0, { what: 'removal' })
  })
})

describe('the file of the embedded log', () => {
  test('a log of an earlier version keeps its records and positions, and can be compacted', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'log.db')
    copyFileSync(join(import.meta.dirname, '../testing/log-of-version-3.db'), path)
    const options = { compactionLagMaxMs: 0, clock: () => 1_790_000_000_001 }
    await using bench = await openBench(options, folder)
    const { log } = bench
    const records = await readAll(log, 'events')
    expect(await log.ends('events')).toEqual([30, 32])
    expect(records).toHaveLength(62)
    expect((await log.retention('events')).cleanup).toBe('delete')
    const received: LogRecord[] = []
    const handle = async (batch: { records: readonly LogRecord[] }) => {
      received.push(...batch.records)
      return (batch.records.at(-1)?.offset ?? 0) + 1
    }
    await log.append('events', numbered(0, 1))
    await log.consume({ topic: 'events', group: 'readers', batchSizeMax: 100, handle })
    await waitFor(() => received.length > 0, { what: 'the new record' })
    expect(received.map(text)).toEqual(['0'])
    await log.ensureTopic('events', compact)
    // Six keys, one of which the new record has, and the record without a key.
    await waitFor(async () => (await readAll(log, 'events')).length === 7, { what: 'compaction' })
    const last = lastByKey(await readAll(log, 'events'))
    const values = ['0', '55', '56', '57', '58', null]
    const expected = new Map(values.map((value, number) => [`key ${number}`, value] as const))
    expect(last).toEqual(new Map([[undefined, 'no key'] as const, ...expected]) as never)
  })

  testWith(
    runtime('bun'),
    'a process that is killed while it compacts loses no last record',
    async () => {
      await using folder = await temporaryFolder()
      const path = join(folder.path, 'log.db')
      let from = 0
      for (let kill = 0; kill < 5; kill++) {
        const args = ['compact', path, topic, String(from)]
        const entry = 'packages/event-log/testing/embedded-peer.ts'
        await using program = await spawnProgram({ runtime: 'bun', entry, args })
        await program.waitForLine(new RegExp(`^appended ${from + 200 * (40 + 23 * kill)}$`, 'm'))
        const appended = () => Number(program.stdout().match(/appended (\d+)\n(?!.*\n)/)?.[1])
        await waitFor(() => countRecords(path) < appended(), { what: 'compaction', intervalMs: 1 })
        program.kill('SIGKILL')
        await program.exited
        const acknowledged = appended()
        await using bench = await openBench({}, folder)
        const last = lastByKey(await readAll(bench.log, topic))
        expect(last.size).toBe(50)
        for (const [key, value] of last) {
          const number = Number(key?.slice('key '.length))
          expect(Number(value)).toBeGreaterThanOrEqual(acknowledged - 50)
          expect(Number(value) % 50).toBe(number)
        }
        from = Math.ceil((Math.max(...[...last.values()].map(Number)) + 1) / 50) * 50
      }
    },
    60_000,
  )

  test('two log objects of one file compact it without losing a record', async () => {
    await using folder = await temporaryFolder()
    // Fewer than 1,000 new records of a partition are compacted only when they are old.
    const compactionLagMaxMs = 60_000
    await using one = await openBench({ compactionLagMaxMs }, folder)
    await using two = await openBench({ compactionLagMaxMs }, folder)
    await one.log.ensureTopic(topic, compact)
    for (let n = 0; n < 10_000; n += 500) {
      const { log } = n % 1_000 === 0 ? one : two
      await log.append(topic, numbered(n, n + 500))
    }
    for (const { clock } of [one, two]) clock.nowMs += 2 * compactionLagMaxMs
    await waitFor(() => one.countRecords() <= 1_040, { what: 'compaction' })
    const expected = new Map(numbered(9_960, 10_000).map((record) => [record.key, text(record)]))
    expect(lastByKey(await readAll(two.log, topic))).toEqual(expected as never)
  })
})

function lastByKey(records: readonly LogRecord[]): Map<string | undefined, string | null> {
  return new Map(
    records.map((record) => [keyText(record), record.value === null ? null : text(record)]),
  )
}

interface Bench extends AsyncDisposable {
  readonly log: EventLog
  readonly clock: { nowMs: number }
  countRecords(): number
  countTombstones(): number
  /** Returns the number of pages of the file, free ones too. */
  pages(): number
  /** Resolves when the cleaner has looked for work at the current time. */
  cleanerHasLooked(): Promise<void>
}

function countRecords(path: string): number {
  using db = new DatabaseSync(path, { readOnly: true })
  return Number(db.prepare('SELECT count(*) AS count FROM record').get()?.count)
}

async function openBench(
  options: Partial<EmbeddedEventLogOptions> = {},
  given?: TemporaryFolder,
): Promise<Bench> {
  const folder = given ?? (await temporaryFolder())
  const path = join(folder.path, 'log.db')
  const clock = { nowMs: Date.now() }
  let looks = 0
  const readClock = () => {
    looks += 1
    return clock.nowMs
  }
  const times = { compactionIntervalMs: 5, clock: readClock }
  const log = createEmbeddedEventLog({ path, partitions: 4, ...times, ...options })
  const db = new DatabaseSync(path)
  const number = (sql: string) => Object.values(db.prepare(sql).get() ?? {})[0] as number
  return {
    log,
    clock,
    countRecords: () => number('SELECT count(*) FROM record'),
    countTombstones: () => number('SELECT count(*) FROM tombstone'),
    pages: () => number('PRAGMA page_count'),
    async cleanerHasLooked() {
      const before = looks
      await waitFor(() => looks > before + 20, { what: 'the cleaner to look', intervalMs: 1 })
    },
    async [Symbol.asyncDispose]() {
      db.close()
      await log[Symbol.asyncDispose]()
      if (given === undefined) await folder[Symbol.asyncDispose]()
    },
  }
}
