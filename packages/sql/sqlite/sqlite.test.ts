import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { openSqlite, read, type Schema, transaction, write } from './sqlite.ts'

const first: Schema = { applicationId: 1, migrations: ['CREATE TABLE thing (name TEXT) STRICT'] }
const second: Schema = {
  ...first,
  migrations: [...first.migrations, 'ALTER TABLE thing ADD COLUMN size INTEGER'],
}

test('an SQLite database is migrated, and keeps its rows', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'test.db')
  const old = openSqlite(path, first)
  old.exec("INSERT INTO thing VALUES ('kept')")
  old.close()
  const db = openSqlite(path, second)
  expect({ ...db.prepare('SELECT * FROM thing').get() }).toEqual({ name: 'kept', size: null })
  db.close()
  expect(() => openSqlite(path, first)).toThrow('its schema is newer (2) than this program (1)')
})

test('the error for an SQLite database of another kind names it', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'test.db')
  openSqlite(path, first).close()
  const other = { applicationId: 2, migrations: [] }
  expect(() => openSqlite(path, other)).toThrow(
    `cannot open the database ${path}: it holds data of another kind`,
  )
})

test('a failed migration leaves nothing in an SQLite database', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'test.db')
  const broken = { ...first, migrations: [...first.migrations, 'nonsense'] }
  expect(() => openSqlite(path, broken)).toThrow('syntax error')
  openSqlite(path, first).close()
})

test('a transaction in SQLite takes effect completely or not at all', () => {
  const db = openSqlite(':memory:', first)
  const fail = () =>
    transaction(db, () => {
      db.exec("INSERT INTO thing VALUES ('lost')")
      throw new Error('no')
    })
  expect(fail).toThrow('no')
  expect(transaction(db, () => db.prepare('SELECT count(*) AS n FROM thing').get()?.n)).toBe(0)
  db.close()
})

test('a write that need not be durable leaves the next ones durable, also when it fails', async () => {
  const db = openSqlite(':memory:', first)
  const synchronous = () => db.prepare('PRAGMA synchronous').get()?.synchronous
  const [full, normal] = [synchronous(), 1]
  expect(full).toBe(2)
  expect(await write(db, synchronous, { durable: false })).toBe(normal)
  expect(synchronous()).toBe(full)
  const fail = () => {
    throw new Error('no')
  }
  await expect(write(db, fail, { durable: false })).rejects.toThrow('no')
  expect(await write(db, synchronous)).toBe(full)
  db.close()
})

describe('reads of one event-loop turn', () => {
  const schema = { applicationId: 7, migrations: ['CREATE TABLE item (name TEXT)'] }
  const count = (db: DatabaseSync) =>
    read(db, () => db.prepare('SELECT count(*) AS count FROM item').get()?.count)
  const turn = () => new Promise((resolve) => setImmediate(resolve))

  test('reads of one event-loop turn see one state, and the next turn sees writes of others', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'shared.db')
    const [one, other] = [openSqlite(path, schema), openSqlite(path, schema)]
    expect(count(one)).toBe(0)
    transaction(other, () => other.exec("INSERT INTO item VALUES ('a')"))
    expect(count(one)).toBe(0)
    await turn()
    expect(count(one)).toBe(1)
    one.close()
    other.close()
    await turn()
  })

  test('reads of one event-loop turn see writes of their own connection', () => {
    const db = openSqlite(':memory:', schema)
    expect(count(db)).toBe(0)
    transaction(db, () => db.exec("INSERT INTO item VALUES ('a')"))
    expect(count(db)).toBe(1)
    db.close()
  })

  test('failed reads leave no transaction open', async () => {
    const db = openSqlite(':memory:', schema)
    const fail = () => read(db, () => db.prepare('SELECT nothing FROM item').get())
    expect(fail).toThrow()
    await turn()
    expect(db.isTransaction).toBe(false)
    db.close()
  })
})
