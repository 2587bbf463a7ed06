import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { openSqlite, type Schema, transaction } from './sqlite.ts'

const first: Schema = { applicationId: 1, migrations: ['CREATE TABLE thing (name TEXT) STRICT'] }
const second: Schema = {
  ...first,
  migrations: [...first.migrations, 'ALTER TABLE thing ADD COLUMN size INTEGER'],
}

test('a database is brought up to date, and keeps what it holds', async () => {
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

test('a database of another kind is refused, and named', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'test.db')
  openSqlite(path, first).close()
  const other = { applicationId: 2, migrations: [] }
  expect(() => openSqlite(path, other)).toThrow(
    `cannot open the database ${path}: it holds data of another kind`,
  )
})

test('a migration that fails leaves nothing behind', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'test.db')
  const broken = { ...first, migrations: [...first.migrations, 'nonsense'] }
  expect(() => openSqlite(path, broken)).toThrow('syntax error')
  openSqlite(path, first).close()
})

test('a transaction takes effect wholly or not at all', () => {
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
