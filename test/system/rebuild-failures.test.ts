import { afterAll, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createEmbeddedEventLog } from '@marquee/event-log/embedded/embedded'
import { backend } from '@marquee/testing/backends/shared'
import { postgresDatabases } from '@marquee/testing/postgres-databases'
import { describeWith } from '@marquee/testing/requirements'
import { type TemporaryFolder, temporaryFolder } from '@marquee/testing/temporary-folder'
import { rebuildProgram } from '../../producers/rebuild.ts'
import { record } from '../../producers/testing/recording-terminal.ts'
import { openRebuildTarget, type TargetOptions } from '../../services/rating/feed/rebuild-target.ts'
import { ratingRecord } from '../../services/rating/feed/records.ts'
import { defaultRules } from '../../services/rating/scoring.ts'
import { openRatingStore } from '../../services/rating/store/open.ts'

const alien = { recordType: 'movie', recordId: 'alien' }
/** More ratings than one write has, so that some are saved before the last one fails. */
const count = 6_000
/** A scale that the last rating is not on. */
const tooCoarse = ['--scale', 'movie=1:5:1']

/** Creates a log with the ratings of a service. The last one is half a star. */
async function createFeed({ path }: TemporaryFolder): Promise<string[]> {
  const file = join(path, 'events.db')
  await using eventLog = createEmbeddedEventLog({ path: file, partitions: 1 })
  await eventLog.ensureTopic('rating-changes', { cleanup: 'compact' })
  const records = Array.from({ length: count }, (_, n) =>
    ratingRecord({
      ...alien,
      userId: `user-${n}`,
      value: n === count - 1 ? 0.5 : 4,
      revision: n + 1,
      updateTimeMs: 1_600_000_000_000 + n,
    }),
  )
  await eventLog.append('rating-changes', records)
  return ['--event-log', file]
}

function targetOf(databaseUrl: string): TargetOptions {
  const onLeft = (reason: string) => {
    throw new Error(reason)
  }
  return { databaseUrl, rules: defaultRules, eventsTopic: 'ratings', onLeft }
}

async function ratingCount(databaseUrl: string): Promise<number | undefined> {
  await using store = await openRatingStore(databaseUrl, { rules: defaultRules })
  return (await store.aggregate(alien))?.count
}

/** Fails on the last rating, and then rebuilds all of them in the same database. */
async function expectNothingLeft(databaseUrl: string, feed: readonly string[]): Promise<void> {
  const run = (...args: string[]) =>
    record(rebuildProgram, ['--database-url', databaseUrl, ...feed, ...args])
  const failed = await run(...tooCoarse)
  expect(failed).toMatchObject({ exitCode: 1, stdout: '' })
  expect(failed.stderr).toContain('0.5')
  const again = await run()
  // The log has no aggregates.
  expect(again.stderr).toContain('1 aggregates differ')
  expect(await ratingCount(databaseUrl)).toBe(count)
}

test('a rebuild that fails leaves no file, and the next one gives all ratings', async () => {
  await using folder = await temporaryFolder()
  const feed = await createFeed(folder)
  const path = join(folder.path, 'new', 'rating.db')
  const failed = await record(rebuildProgram, [
    ...['--database-url', `sqlite:${path}`, ...feed, ...tooCoarse],
  ])
  expect(failed.exitCode).toBe(1)
  expect(await readdir(join(folder.path, 'new'))).toEqual([])
  await expectNothingLeft(`sqlite:${path}`, feed)
})

test('what a killed rebuild has left is replaced', async () => {
  await using folder = await temporaryFolder()
  const feed = await createFeed(folder)
  const path = join(folder.path, 'rating.db')
  await writeFile(`${path}.part`, 'no database')
  await writeFile(`${path}.part-wal`, 'no log')
  await expectNothingLeft(`sqlite:${path}`, feed)
  expect(existsSync(`${path}.part`)).toBe(false)
  expect(existsSync(`${path}.part-wal`)).toBe(false)
})

test('an empty file is replaced, and one with ratings stays as it is', async () => {
  await using folder = await temporaryFolder()
  const feed = await createFeed(folder)
  const path = join(folder.path, 'rating.db')
  expect(await ratingCount(`sqlite:${path}`)).toBeUndefined()
  await expectNothingLeft(`sqlite:${path}`, feed)
  const before = await readFile(path)
  const refused = await record(rebuildProgram, ['--database-url', `sqlite:${path}`, ...feed])
  expect(refused).toMatchObject({ exitCode: 1 })
  expect(refused.stderr).toContain('the database has ratings')
  expect(await readFile(path)).toEqual(before)
})

test('a file that gets ratings during the rebuild is not replaced', async () => {
  await using folder = await temporaryFolder()
  const databaseUrl = `sqlite:${join(folder.path, 'rating.db')}`
  const options = targetOf(databaseUrl)
  {
    await using target = await openRebuildTarget(options)
    await using store = await openRatingStore(databaseUrl, { rules: defaultRules })
    await store.put([{ ...alien, userId: 'ann', value: 4 }])
    await store[Symbol.asyncDispose]()
    await expect(target.finish()).rejects.toThrow('the database has ratings')
  }
  expect(await ratingCount(databaseUrl)).toBe(1)
})

test('a file that another rebuild writes is not removed', async () => {
  await using folder = await temporaryFolder()
  const databaseUrl = `sqlite:${join(folder.path, 'rating.db')}`
  const options = targetOf(databaseUrl)
  await using target = await openRebuildTarget(options)
  await expect(openRebuildTarget(options)).rejects.toThrow('another process uses')
  await target.store.put([{ ...alien, userId: 'ann', value: 4 }])
  await target.finish()
  expect(await ratingCount(databaseUrl)).toBe(1)
})

describeWith(backend('postgres'), 'in PostgreSQL', (server) => {
  const databases = postgresDatabases(server)
  afterAll(() => databases[Symbol.asyncDispose]())

  test('a rebuild that fails leaves an empty database', async () => {
    await using folder = await temporaryFolder()
    await expectNothingLeft(await databases.create(), await createFeed(folder))
  })

  test('a rebuild that fails removes no rating of a service', async () => {
    const databaseUrl = await databases.create()
    const reasons: string[] = []
    const onLeft = (reason: string) => void reasons.push(reason)
    const target = await openRebuildTarget({ ...targetOf(databaseUrl), onLeft })
    await using service = await openRatingStore(databaseUrl, { rules: defaultRules })
    await service.put([{ ...alien, userId: 'ann', value: 4 }])
    await target[Symbol.asyncDispose]()
    expect(reasons).toEqual(['another process has written to the database'])
    expect((await service.aggregate(alien))?.count).toBe(1)
  })
})
