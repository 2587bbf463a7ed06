import { afterAll, describe, expect, test } from 'bun:test'
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryCapabilities, sqliteCapabilities } from '@marquee/sql/capabilities'
import { openSqlite } from '@marquee/sql/sqlite/sqlite'
import { holdLock } from '@marquee/testing/lock-holder'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { metadataStoreContract } from './contract/contract.ts'
import { expectNoExternalIds, noExternalIds } from './contract/external-ids.ts'
import { alien, remove } from './contract/fixtures.ts'
import { describeProcesses } from './contract/processes.ts'
import type { OpenMetadataStore } from './contract/sharing.ts'
import { createMemoryMetadataStore } from './memory.ts'
import { openMetadataStore } from './open.ts'
import { createSqliteMetadataStore } from './sqlite.ts'
import { schema } from './sqlite-tables.ts'

const folder = mkdtempSync(join(tmpdir(), 'marquee-metadata-'))
afterAll(() => rmSync(folder, { recursive: true }))

let databases = 0
const newPath = () => join(folder, `${databases++}.db`)

metadataStoreContract(
  'memory',
  memoryCapabilities,
  () => async (options) => createMemoryMetadataStore(options),
)

function createSqliteDatabase(): OpenMetadataStore {
  const path = newPath()
  return async (options) => createSqliteMetadataStore({ ...options, path })
}

metadataStoreContract('sqlite', sqliteCapabilities, createSqliteDatabase)
describe('sqlite', () => describeProcesses(async () => `sqlite:${newPath()}`))

test('an SQLite store opens while another process writes for long', async () => {
  const path = newPath()
  await (await openMetadataStore(`sqlite:${path}`))[Symbol.asyncDispose]()
  await using _ = await holdLock(path)
  await using store = await openMetadataStore(`sqlite:${path}`, { isSharedByWorkers: true })
  expect(await store.get('alien')).toBeUndefined()
})

test('instances of the version with tables of words go on writing, and find nothing', async () => {
  const path = newPath()
  await using store = createSqliteMetadataStore({ path })
  await store.put([alien])
  const old = openSqlite(path, schema)
  const numberOf = old.prepare('SELECT movie_number FROM movie WHERE id = ?')
  const number = numberOf.get('1')?.movie_number as number
  const wordsOf = old.prepare('SELECT words FROM movie_words WHERE movie_number = ?')
  expect(wordsOf.get(number)).toMatchObject({ words: '' })
  for (const word of ['alien', 'alien'])
    old.prepare('INSERT INTO word VALUES (?, ?)').run(word, number)
  old.prepare('INSERT OR REPLACE INTO movie_words VALUES (?, ?)').run(number, ' alien')
  expect(old.prepare('SELECT count(*) AS count FROM word').get()).toMatchObject({ count: 0 })
  old.close()
  await store.put([alien])
  expect(await remove(store, '1')).toBe(true)
  expect(await store.put([alien])).toEqual(['created'])
})

test('an SQLite file of the first version keeps its movies', async () => {
  const path = newPath()
  const before = { ...schema, migrations: schema.migrations.slice(0, 1) }
  const db = openSqlite(path, before)
  const put = db.prepare('INSERT INTO movie VALUES (?, ?, ?, ?, 0, 0)')
  const putWords = db.prepare('INSERT INTO movie_words (rowid, words) VALUES (?, ?)')
  for (const [number, title] of ['Alien', '!!!', 'Aliens Alien'].entries()) {
    const nothing = { description: '', director: '', releaseDate: '', genres: [] }
    put.run(number, title, title, JSON.stringify({ id: title, title, ...nothing }))
    putWords.run(number, title.toLowerCase())
  }
  db.close()
  await using store = createSqliteMetadataStore({ path })
  const ids = async () => (await store.list({ limit: 10 })).movies.map(({ id }) => id)
  expect(await ids()).toEqual(['!!!', 'Alien', 'Aliens Alien'])
  expect(await remove(store, 'Aliens Alien')).toBe(true)
  expect(await ids()).toEqual(['!!!', 'Alien'])
})

test('an SQLite file from before external ids keeps all its movies, which can get ids', async () => {
  const path = newPath()
  copyFileSync(noExternalIds.sqlite, path)
  await using store = createSqliteMetadataStore({ path })
  await expectNoExternalIds(store)
})

test('a put of an instance before external ids removes those of its movie', async () => {
  const path = newPath()
  await using store = createSqliteMetadataStore({ path })
  await store.put([alien])
  const old = openSqlite(path, schema)
  old.exec(`INSERT INTO movie (id, title, metadata, update_time_ms, revision)
    VALUES ('1', 'Alien', '{"id":"1"}', 0, 0)
    ON CONFLICT (id) DO UPDATE SET metadata = excluded.metadata`)
  old.close()
  expect((await store.findByExternalId('imdb', ['tt0078748'], 5)).size).toBe(0)
})

describe('openMetadataStore', () => {
  test('openMetadataStore opens memory', async () => {
    await using store = await openMetadataStore('memory:')
    expect(store.capabilities).toBe(memoryCapabilities)
  })

  test('openMetadataStore opens an SQLite file, and creates its folder', async () => {
    const path = join(folder, 'new/deep/metadata.db')
    await using store = await openMetadataStore(`sqlite:${path}`)
    expect(store.capabilities).toBe(sqliteCapabilities)
    expect(existsSync(path)).toBe(true)
  })

  test('openMetadataStore lists the accepted URLs, and shows no password', async () => {
    for (const url of ['mysql://me:secret@host/db', 'sqlite:', 'sqlite://x.db', 'data.db', '']) {
      const error = await openMetadataStore(url).catch((error: Error) => error)
      expect(String(error)).toContain('must be "memory:", "sqlite:" and')
      expect(String(error)).not.toContain('secret')
    }
  })

  test('openMetadataStore names a folder that cannot be written', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    const error = await openMetadataStore(`sqlite:${file}/metadata.db`).catch((error) => error)
    expect(String(error)).toStartWith(`Error: cannot write to the folder ${file}: `)
    expect(String(error)).not.toContain('\n')
  })

  test('openMetadataStore names a file that is not a database', async () => {
    const path = join(folder, 'text.db')
    writeFileSync(
      path,
      'this is not a database, and it is long enough to be seen as none'.repeat(9),
    )
    const error = await openMetadataStore(`sqlite:${path}`).catch((error) => error)
    expect(String(error)).toStartWith(`Error: cannot open the database ${path}: `)
  })
})

alsoOnDenoAndNode(import.meta.filename)
