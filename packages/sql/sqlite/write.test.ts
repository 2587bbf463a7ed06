import { expect, test } from 'bun:test'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { closeSqlite, openSqlite, type Schema, write } from './sqlite.ts'

const schema: Schema = {
  applicationId: 1,
  migrations: [
    `CREATE TABLE thing (name TEXT PRIMARY KEY) STRICT;
     CREATE TABLE part (thing TEXT REFERENCES thing DEFERRABLE INITIALLY DEFERRED) STRICT`,
  ],
}

/** Opens a database twice. The other connection has locked it. */
async function openLocked() {
  const folder = await temporaryFolder()
  const path = join(folder.path, 'test.db')
  const db = openSqlite(path, schema)
  db.exec('PRAGMA foreign_keys = ON')
  const other = openSqlite(path, schema)
  other.exec('BEGIN IMMEDIATE')
  return {
    db,
    other,
    async [Symbol.asyncDispose]() {
      closeSqlite(db)
      closeSqlite(other)
      await folder[Symbol.asyncDispose]()
    },
  }
}

const insert = (db: DatabaseSync, name: string) => () => {
  db.prepare('INSERT INTO thing VALUES (?)').run(name)
  return name
}

const namesIn = (db: DatabaseSync) =>
  db
    .prepare('SELECT name FROM thing ORDER BY rowid')
    .all()
    .map(({ name }) => name)

test('writes that wait for the lock share few transactions, in their order', async () => {
  await using opened = await openLocked()
  const { db, other } = opened
  const names = Array.from({ length: 150 }, (_, number) => `thing ${number}`)
  const written = Promise.all(names.map((name) => write(db, insert(db, name))))
  const exec = db.exec.bind(db)
  let commits = 0
  const counting = (text: string) => {
    if (text === 'COMMIT') commits++
    exec(text)
  }
  Object.defineProperty(db, 'exec', { value: counting })
  other.exec('COMMIT')
  expect(await written).toEqual(names)
  expect(namesIn(other)).toEqual(names)
  expect(commits).toBeLessThan(names.length / 2)
})

test('a write that throws among others leaves nothing, and the others take effect', async () => {
  await using opened = await openLocked()
  const { db, other } = opened
  const fail = () => {
    insert(db, 'half')()
    throw new Error('no')
  }
  const written = [
    write(db, insert(db, 'one')),
    write(db, fail),
    write(db, insert(db, 'one')),
    write(db, insert(db, 'two')),
  ]
  const settled = Promise.allSettled(written)
  other.exec('COMMIT')
  expect(await settled).toMatchObject([
    { status: 'fulfilled', value: 'one' },
    { status: 'rejected', reason: { message: 'no' } },
    { status: 'rejected', reason: { message: expect.stringContaining('UNIQUE') } },
    { status: 'fulfilled', value: 'two' },
  ])
  expect(namesIn(other)).toEqual(['one', 'two'])
})

test('when the commit of several writes fails, all of them fail, and later ones do not', async () => {
  await using opened = await openLocked()
  const { db, other } = opened
  const dangle = () => db.exec("INSERT INTO part VALUES ('missing')")
  const settled = Promise.allSettled([write(db, insert(db, 'one')), write(db, dangle)])
  other.exec('COMMIT')
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(namesIn(other)).toEqual([])
  await write(db, insert(db, 'later'))
  expect(namesIn(other)).toEqual(['later'])
})

test('a write that need not be durable has a transaction of its own among others', async () => {
  await using opened = await openLocked()
  const { db, other } = opened
  const level = () => db.prepare('PRAGMA synchronous').get()?.synchronous
  const written = Promise.all([
    write(db, level),
    write(db, level),
    write(db, level, { durable: false }),
    write(db, level),
  ])
  other.exec('COMMIT')
  const [full, normal] = [2, 1]
  expect(await written).toEqual([full, full, normal, full])
})

alsoOnDenoAndNode(import.meta.filename)
