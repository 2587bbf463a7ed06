import { afterAll, describe, expect, test } from 'bun:test'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { memoryCapabilities, sqliteCapabilities } from '@marquee/sql/capabilities'
import { holdLock } from '@marquee/testing/lock-holder'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { defaultRules } from '../scoring.ts'
import { ratingStoreContract } from './contract/contract.ts'
import { alien, type OpenRatingStore, rating, rules } from './contract/fixtures.ts'
import { expectHalfStars, halfStarRules, halfStars } from './contract/half-stars.ts'
import { describeProcesses } from './contract/processes.ts'
import { expectVersionBefore } from './contract/version-before.ts'
import { expectWholeNumbers, wholeNumbers } from './contract/whole-numbers.ts'
import { convertScale } from './convert-scale.ts'
import { createMemoryRatingStore } from './memory.ts'
import { openRatingStore } from './open.ts'
import { createSqliteRatingStore } from './sqlite.ts'

const folder = mkdtempSync(join(tmpdir(), 'marquee-rating-'))
afterAll(() => rmSync(folder, { recursive: true }))

let databases = 0
const newPath = () => join(folder, `${databases++}.db`)

ratingStoreContract(
  'memory',
  memoryCapabilities,
  () => async (options) => createMemoryRatingStore(options),
  async () => expect.unreachable('a store in memory has nothing to convert'),
)

const paths = new WeakMap<OpenRatingStore, string>()

function createSqliteDatabase(): OpenRatingStore {
  const path = newPath()
  const open: OpenRatingStore = async (options) => createSqliteRatingStore({ ...options, path })
  paths.set(open, path)
  return open
}

ratingStoreContract('sqlite', sqliteCapabilities, createSqliteDatabase, (open, conversion) =>
  convertScale(`sqlite:${paths.get(open)}`, conversion),
)

describe('sqlite', () => describeProcesses(async () => `sqlite:${newPath()}`))

test('an SQLite store opens while another process writes for long', async () => {
  const path = newPath()
  await (await openRatingStore(`sqlite:${path}`, { rules }))[Symbol.asyncDispose]()
  await using _ = await holdLock(path)
  await using store = await openRatingStore(`sqlite:${path}`, { rules, isSharedByWorkers: true })
  expect(await store.get(alien, 'ann')).toBeUndefined()
})

test('an SQLite file of whole numbers keeps all its data, as half stars', async () => {
  const path = newPath()
  copyFileSync(wholeNumbers.sqlite, path)
  await using store = createSqliteRatingStore({ path, rules: defaultRules })
  await expectWholeNumbers(store)
})

test('an SQLite file of the version before keeps all its data', async () => {
  const path = newPath()
  copyFileSync(halfStars.sqlite, path)
  await using store = createSqliteRatingStore({ path, rules: halfStarRules })
  await expectHalfStars(store)
})

test('an SQLite file has puts of the version before, which has no rated times', async () => {
  const path = newPath()
  await using store = createSqliteRatingStore({ path, rules })
  const db = new DatabaseSync(path)
  await expectVersionBefore(store, (statement) => db.exec(statement))
  db.close()
})

test('the lease of a process that was killed ends when another one opens the file alone', async () => {
  const path = newPath()
  const lease = (holder: string) => ({ holder, durationMs: 60_000 })
  const open = () => createSqliteRatingStore({ path, rules: defaultRules })
  {
    await using killed = open()
    expect(await killed.outbox.claim(lease('killed'))).toBeDefined()
    await using second = open()
    expect(await second.outbox.claim(lease('second'))).toBeUndefined()
  }
  await using next = open()
  expect(await next.outbox.claim(lease('next'))).toBeDefined()
})

test('no byte of a deleted rating is in the files after a purge', async () => {
  const path = newPath()
  await using store = createSqliteRatingStore({ path, rules })
  const erased = 'erase-me-7f3a91c5'
  const users = [erased, ...Array.from({ length: 300 }, (_, index) => `user-${index}`)]
  for (let round = 0; round < 30; round++) {
    await store.put(
      users.map((userId, index) => {
        const recordId = `${(index * 7 + round) % 50}`
        return { recordType: 'movie', recordId, userId, value: (round % 5) + 1 }
      }),
    )
  }
  const countInFiles = (text: string) =>
    ['', '-wal']
      .map((suffix) => path + suffix)
      .filter((file) => existsSync(file))
      .reduce((sum, file) => sum + readFileSync(file).toString('latin1').split(text).length - 1, 0)
  expect(countInFiles(erased)).toBeGreaterThan(0)
  while ((await store.deleteRatingsOfUser(erased, 7)).areLeft);
  await Promise.all([store.purge(), store.put([rating('user-1', 5)]), store.purge()])
  expect(countInFiles(erased)).toBe(0)
  expect(countInFiles('user-1')).toBeGreaterThan(0)
  expect((await store.get(alien, 'user-1'))?.value).toBe(5)
})

describe('openRatingStore', () => {
  test('openRatingStore opens memory:', async () => {
    await using store = await openRatingStore('memory:', { rules })
    expect(store.capabilities).toBe(memoryCapabilities)
  })

  test('openRatingStore opens an SQLite file, and creates its folder', async () => {
    const path = join(folder, 'new/deep/rating.db')
    await using store = await openRatingStore(`sqlite:${path}`, { rules })
    expect(store.capabilities).toBe(sqliteCapabilities)
    expect(existsSync(path)).toBe(true)
  })

  test('openRatingStore lists the URLs that it accepts', async () => {
    const error = await openRatingStore('mysql://host/db', { rules }).catch((error) => error)
    expect(String(error)).toBe(
      'Error: the database must be "memory:", "sqlite:" and the path of a file, or "postgres://…", not "mysql://…"',
    )
  })
})

alsoOnDenoAndNode(import.meta.filename)
