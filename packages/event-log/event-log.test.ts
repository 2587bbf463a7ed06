import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createSqliteFaults } from '@marquee/sql/sqlite/faults'
import { damagePages } from '@marquee/testing/damage-pages'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { spawnProgram } from '@marquee/testing/process'
import { testWith } from '@marquee/testing/requirements'
import { type TemporaryFolder, temporaryFolder } from '@marquee/testing/temporary-folder'
import { type RuntimeName, runtime } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { pino } from 'pino'
import { eventLogContract } from './contract/contract.ts'
import {
  type EventLogPlace,
  lagOf,
  numbered,
  oneKey,
  openFixture,
  partitionCount,
} from './contract/fixture.ts'
import {
  createEmbeddedEventLog,
  fileCapabilities,
  memoryCapabilities,
} from './embedded/embedded.ts'
import { keyHash } from './embedded/file.ts'
import { openEventLog } from './open.ts'
import type { RecordBatch } from './port.ts'

eventLogContract('embedded file', () => filePlace(), fileCapabilities)
eventLogContract('embedded in memory', memoryPlace, memoryCapabilities)
alsoOnDenoAndNode(import.meta.filename)

const silent = pino({ level: 'silent' })
const peer = 'packages/event-log/testing/embedded-peer.ts'

describe('the embedded log and other processes', () => {
  for (const name of ['bun', 'deno', 'node'] satisfies RuntimeName[]) {
    testWith(
      runtime(name),
      `the embedded log reads records that a process on ${name} appends`,
      async () => {
        await using folder = await temporaryFolder()
        await using fixture = await openFixture(() => filePlace(folder))
        const reader = await fixture.read()
        const args = ['append', pathIn(folder), fixture.topic, '2000']
        await using program = await spawnProgram({ runtime: name, entry: peer, args })
        await fixture.log.append(fixture.topic, numbered(0, 2_000))
        await reader.hasSeen(4_000)
        expect(await program.exited).toEqual({ code: 0, signal: null })
        await waitFor(() => lagOf(reader.consumption) === 0, { what: 'no lag' })
        expect(reader.seen).toHaveLength(4_000)
      },
    )

    testWith(
      runtime(name),
      `a group waits while a process on ${name} consumes, and takes over when it is killed`,
      async () => {
        await using folder = await temporaryFolder()
        // The clock stands still, so that no lease expires.
        const nowMs = Date.now()
        await using fixture = await openFixture(() => filePlace(folder, () => nowMs))
        const args = ['consume', pathIn(folder), fixture.topic, 'shared']
        await using program = await spawnProgram({ runtime: name, entry: peer, args })
        await program.waitForLine(/^consuming/m)
        const reader = await fixture.read({ group: 'shared' })
        await fixture.log.append(fixture.topic, oneKey(0, 3))
        await program.waitForLine(/^handled 3/m)
        expect(reader.consumption.progress()).toEqual([])
        program.kill('SIGKILL')
        await reader.hasSeen(3)
        expect(reader.consumption.progress()).toHaveLength(partitionCount)
      },
    )
  }
})

describe('the embedded log', () => {
  test('records that the same process appends are noticed without polling', async () => {
    const options = { path: ':memory:', partitions: 1, pollIntervalMs: 3_600_000 }
    await using log = createEmbeddedEventLog(options)
    let handled = 0
    const handle = async ({ records }: RecordBatch) => {
      handled += records.length
      return (records.at(-1)?.offset ?? 0) + 1
    }
    await log.consume({ ...noHandling, topic: 'events', handle })
    for (const count of [1, 2, 3]) {
      await log.append('events', oneKey(0, 1))
      await waitFor(() => handled === count, { what: `record ${count}` })
    }
  })

  test('an existing topic keeps its number of partitions', async () => {
    await using folder = await temporaryFolder()
    const path = pathIn(folder)
    for (const partitions of [3, 5]) {
      await using log = createEmbeddedEventLog({ path, partitions })
      const consumption = await log.consume({ topic: 'old', ...noHandling })
      expect(consumption.progress()).toHaveLength(3)
    }
  })

  test('the partition of a key does not change from version to version', () => {
    const encode = (text: string) => new TextEncoder().encode(text)
    // Test vectors by the authors of the algorithm.
    expect(keyHash(encode(''))).toBe(0x811c9dc5)
    expect(keyHash(encode('a'))).toBe(0xe40c292c)
    expect(keyHash(encode('foobar'))).toBe(0xbf9cf968)
  })

  test('a lease that is not renewed in time goes to another process, and its holder stops', async () => {
    await using folder = await temporaryFolder()
    const path = pathIn(folder)
    const clock = { nowMs: 1_000_000 }
    const options = { path, partitions: 1, clock: () => clock.nowMs }
    await using first = createEmbeddedEventLog(options)
    await using second = createEmbeddedEventLog(options)
    const held = await first.consume({ topic: 'events', ...noHandling })
    const waiting = await second.consume({ topic: 'events', ...noHandling })
    expect(held.progress()).toHaveLength(1)
    expect(waiting.progress()).toHaveLength(0)
    const changedHands = () => {
      if (waiting.progress().length === 1) return true
      clock.nowMs += 5_000
      return false
    }
    await waitFor(changedHands, { what: 'the lease to change hands' })
    await waitFor(() => held.progress().length === 0, { what: 'the loss to be noticed' })
  })

  test('a lease of a killed holder whose clock was ahead is taken over, and its holder is named until then', async () => {
    await using folder = await temporaryFolder()
    const path = pathIn(folder)
    const time = { monotonicMs: 0 }
    const monotonic = () => time.monotonicMs
    await using log = createEmbeddedEventLog({ path, partitions: 1, monotonic })
    const db = new DatabaseSync(path)
    const hourAheadMs = Date.now() + 3_600_000
    db.exec(
      `INSERT INTO lease VALUES ('readers', 'events', 'x', 'another host', 7, ${hourAheadMs})`,
    )
    db.close()
    const consumption = await log.consume({ topic: 'events', ...noHandling })
    await waitFor(() => consumption.waitsFor(), { what: 'the holder' })
    expect(consumption.waitsFor()).toBe('process 7 of another host')
    expect(consumption.progress()).toEqual([])
    const isTaken = () => {
      if (consumption.progress().length === 1) return true
      time.monotonicMs += 1_000
      return false
    }
    await waitFor(isTaken, { what: 'the lease to be taken', intervalMs: 100 })
    expect(consumption.waitsFor()).toBeUndefined()
  })

  test('old records that every group has passed are removed', async () => {
    await using folder = await temporaryFolder()
    const clock = { nowMs: Date.now() }
    const path = pathIn(folder)
    const options = { path, partitions: 1, retentionMs: 60_000, clock: () => clock.nowMs }
    await using log = createEmbeddedEventLog(options)
    await log.append('events', oneKey(0, 10))
    const readAll = { topic: 'events', batchSizeMax: 100, position: async () => undefined }
    const stuck = async ({ records }: RecordBatch) => {
      if (records[0]?.offset === 0) return 4
      throw new Error('no further')
    }
    await log.consume({ ...readAll, group: 'stuck', handle: stuck })
    await log.consume({ ...readAll, group: 'fast', handle: async () => 10 })
    const oldest = async () => {
      const { promise, resolve } = Promise.withResolvers<number | undefined>()
      const group = crypto.randomUUID()
      await using reading = await log.consume({
        ...readAll,
        group,
        handle: async ({ records }) => {
          resolve(records[0]?.offset)
          return 10
        },
      })
      expect(reading.progress()).toHaveLength(1)
      return await promise
    }
    expect(await oldest()).toBe(0)
    clock.nowMs += 120_000
    await waitFor(async () => (await oldest()) === 4, {
      what: 'the first four to go',
      intervalMs: 500,
    })
    expect(await oldest()).toBe(4)
  })

  test('a position past the end is reported, and nothing is skipped', async () => {
    await using fixture = await openFixture(memoryPlace)
    const errors: Error[] = []
    const reader = await fixture.read({
      position: async () => 500,
      onError: (error) => errors.push(error),
    })
    await waitFor(() => errors[0], { what: 'the report' })
    expect(errors[0]?.message).toMatch(
      /position 500 is past the end \(0\) of partition \d of topic/,
    )
    expect(reader.consumption.progress().some(({ failing }) => failing)).toBe(true)
  })

  test('a value over the size limit is rejected, and a batch ends early at its limit', async () => {
    await using fixture = await openFixture(memoryPlace)
    const large = { key: 'large', value: new Uint8Array(1024 * 1024) }
    const larger = { key: 'larger', value: new Uint8Array(1024 * 1024 + 1) }
    await expect(fixture.log.append(fixture.topic, [larger])).rejects.toThrow(
      'at most 1048576 bytes; got 1048577',
    )
    await fixture.log.append(fixture.topic, Array(20).fill(large))
    const reader = await fixture.read()
    await reader.hasSeen(20)
    expect(reader.batches.map(({ records }) => records.length)).toEqual([8, 8, 4])
  })

  test('the event loop runs other tasks while a backlog is read', async () => {
    await using fixture = await openFixture(memoryPlace)
    await fixture.log.append(fixture.topic, oneKey(0, 1_000))
    let turns = 0
    const turnsAtBatch: number[] = []
    const count = setInterval(() => turns++, 0)
    const reader = await fixture.read({
      batchSizeMax: 1,
      handle: async ({ records }) => {
        turnsAtBatch.push(turns)
        return (records[0]?.offset ?? 0) + 1
      },
    })
    await reader.hasSeen(1_000)
    clearInterval(count)
    expect(turnsAtBatch.at(-1)).toBeGreaterThan(turnsAtBatch[0] ?? 0)
  })

  test('reading a damaged page fails, and does not look like the end of the log', async () => {
    await using folder = await temporaryFolder()
    const options = { path: pathIn(folder), partitions: 1 }
    const before = createEmbeddedEventLog(options)
    await before.append('topic', oneKey(0, 4_000))
    await before[Symbol.asyncDispose]()
    damagePages(options.path)
    const faults = createSqliteFaults()
    await using log = createEmbeddedEventLog({ ...options, faults })
    const all = { partition: 0, offset: 0, countMax: 4_000 }
    await expect(log.read('topic', all)).rejects.toThrow(`the database ${options.path} is damaged`)
    expect(faults.damaged()).toContain(options.path)
  })

  test('invalid numbers are rejected', async () => {
    for (const partitions of [0, 1.5, 257, Number.NaN]) {
      expect(() => createEmbeddedEventLog({ path: ':memory:', partitions })).toThrow('partitions')
    }
    await using fixture = await openFixture(memoryPlace)
    await expect(fixture.read({ batchSizeMax: 0 })).rejects.toThrow('batchSizeMax')
  })

  test('opening a log creates its folder, and names a file that cannot be opened', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'new', 'log.db')
    await using log = await openEventLog({ kind: 'embedded', path, partitions: 2 }, silent)
    expect(log.capabilities).toBe(fileCapabilities)
    const wrong = openEventLog({ kind: 'embedded', path: folder.path, partitions: 2 }, silent)
    await expect(wrong).rejects.toThrow(folder.path)
  })
})

const noHandling = {
  group: 'readers',
  batchSizeMax: 1,
  position: async () => undefined,
  handle: async () => 0,
}

function pathIn(folder: TemporaryFolder): string {
  return join(folder.path, 'log.db')
}

async function filePlace(given?: TemporaryFolder, clock = Date.now): Promise<EventLogPlace> {
  const folder = given ?? (await temporaryFolder())
  const options = { path: pathIn(folder), partitions: partitionCount, clock }
  return {
    open: async () => createEmbeddedEventLog(options),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

async function memoryPlace(): Promise<EventLogPlace> {
  return {
    open: async () => createEmbeddedEventLog({ path: ':memory:', partitions: partitionCount }),
    async [Symbol.asyncDispose]() {},
  }
}
