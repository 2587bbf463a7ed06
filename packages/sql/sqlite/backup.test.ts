import { expect, test } from 'bun:test'
import {
  copyFileSync,
  existsSync,
  readdirSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { backUp, restore } from './backup.ts'
import { checkAfterCrash } from './integrity.ts'
import { closeSqlite, openSqlite, type Schema, transaction } from './sqlite.ts'

const schema: Schema = {
  applicationId: 5,
  migrations: ['CREATE TABLE thing (number INTEGER PRIMARY KEY, text TEXT) STRICT'],
}
const now = new Date(0)

test('a backup of a database in use is restored after a crash, without the former log', async () => {
  await using fixture = await setUp()
  const { path, backup } = fixture
  const db = fixture.fill(10)
  await backUp(path, backup)
  fixture.add(db, 5)
  fixture.crash(db)
  const kept = await restore(path, backup, { now })
  expect(kept).toBe(`${path}.before-1970-01-01T00-00-00-000Z`)
  expect(existsSync(`${path}-wal`)).toBe(false)
  expect(fixture.count(path)).toBe(10)
  expect(fixture.count(kept ?? '')).toBe(15)
})

test.each(['copied', 'moved'])(
  'a database whose backup was %s back next to an old log is rejected',
  async (how) => {
    await using fixture = await setUp()
    const { path, backup } = fixture
    const db = fixture.fill(2_000)
    await backUp(path, backup)
    fixture.add(db, 5)
    fixture.crash(db)
    if (how === 'copied') copyFileSync(backup, path)
    else {
      copyFileSync(backup, `${backup}.later`)
      renameSync(`${backup}.later`, path)
    }
    expect(() => openSqlite(path, schema, { checked: true })).toThrow('it was replaced, and')
    expect(existsSync(`${path}-wal`)).toBe(true)
  },
)

test('a database that another process writes to meanwhile counts as its own', async () => {
  await using fixture = await setUp()
  const { path } = fixture
  const db = fixture.fill(3)
  const touch = (file: string, ms: number) => {
    const time = new Date(statSync(`${path}-wal`).mtimeMs + ms)
    utimesSync(file, time, time)
  }
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  // Between the two looks at its files, the log began again after a checkpoint.
  fixture.add(db, 1)
  touch(path, 1_000)
  let waits = 0
  const check = checkAfterCrash(path, () => {
    if (++waits < 3) return
    fixture.add(db, 1)
    touch(`${path}-wal`, 2_000)
  })
  check?.(db)
  expect(waits).toBe(3)
  closeSqlite(db)
  expect(fixture.count(path)).toBe(5)
})

test('a database in use is not restored', async () => {
  await using fixture = await setUp()
  const { path, backup } = fixture
  const db = fixture.fill(3)
  await backUp(path, backup)
  fixture.add(db, 1)
  const refused = await restore(path, backup, { now }).catch((error: Error) => error.message)
  expect(refused).toBe(`${path} is in use: stop the service first`)
  closeSqlite(db)
  expect(fixture.count(path)).toBe(4)
})

test('a backup that is damaged, of another kind or absent is not restored', async () => {
  await using fixture = await setUp()
  const { path, backup, folder } = fixture
  closeSqlite(fixture.fill(3))
  const text = join(folder, 'text.db')
  writeFileSync(text, 'this is not a database'.repeat(500))
  const other = join(folder, 'other.db')
  closeSqlite(openSqlite(other, { applicationId: 6, migrations: [] }))
  for (const [file, reason] of [
    [text, `${text} is not an intact database: file is not a database`],
    [other, `the backup holds another kind of data than ${path}: choose another backup`],
    [backup, `the file ${backup} does not exist`],
  ] as const) {
    expect(await restore(path, file, { now }).catch((error: Error) => error.message)).toBe(reason)
  }
  expect(fixture.count(path)).toBe(3)
  expect(readdirSync(folder).toSorted()).toEqual(['other.db', 'text.db', 'thing.db'])
})

alsoOnDenoAndNode(import.meta.filename)

async function setUp() {
  const folder = await temporaryFolder()
  const path = join(folder.path, 'thing.db')
  function add(db: DatabaseSync, count: number): void {
    const insert = db.prepare('INSERT INTO thing (text) VALUES (?)')
    transaction(db, () => {
      for (let added = 0; added < count; added++) insert.run('x'.repeat(100))
    })
  }
  return {
    folder: folder.path,
    path,
    backup: join(folder.path, 'backup.db'),
    add,
    fill(count: number) {
      const db = openSqlite(path, schema)
      add(db, count)
      return db
    },
    /** Leaves the files in the state after a kill. */
    crash(db: DatabaseSync) {
      for (const end of ['', '-wal']) copyFileSync(`${path}${end}`, `${path}${end}.crashed`)
      closeSqlite(db)
      for (const end of ['', '-wal']) renameSync(`${path}${end}.crashed`, `${path}${end}`)
    },
    count(file: string) {
      const db = new DatabaseSync(file)
      const count = db.prepare('SELECT count(*) AS count FROM thing').get()?.count
      db.close()
      return count
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}
