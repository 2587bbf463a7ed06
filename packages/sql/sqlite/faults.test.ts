import { expect, test } from 'bun:test'
import { copyFileSync, existsSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { damagePages } from '@marquee/testing/damage-pages'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { waitFor } from '@marquee/testing/wait-for'
import { SqliteError } from './error.ts'
import { createSqliteFaults } from './faults.ts'
import { guard } from './guard.ts'
import { closeSqlite, openSqlite, read, type Schema, transaction, write } from './sqlite.ts'
import { createLockWatch, createWriterQueue } from './write.ts'

const schema: Schema = {
  applicationId: 5,
  migrations: ['CREATE TABLE thing (number INTEGER PRIMARY KEY, text TEXT) STRICT'],
}
const pageBytes = 4096
const insert = (db: DatabaseSync) => db.prepare('INSERT INTO thing (text) VALUES (?)')

test('reading a damaged page fails with the name of the file, and the fault stays', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'damaged.db')
  fill(path)
  damagePages(path)
  const faults = createSqliteFaults()
  const db = openSqlite(path, schema, { faults })
  const all = db.prepare('SELECT text FROM thing')
  const error = thrown(() => read(db, () => all.all()))
  expect(error).toMatchObject({ failure: 'damaged', dataLoss: true, temporary: false })
  // The transaction of the reads ends here, where no caller could catch an error.
  await turn()
  await turn()
  expect(db.isTransaction).toBe(false)
  await write(db, () => insert(db).run('on a whole page'))
  expect(faults.damaged()).toContain(`the database ${path} is damaged`)
  expect(faults.failing()).toBeUndefined()
  expect(faults.counts().get('damaged')).toBeGreaterThanOrEqual(1)
  closeSqlite(db)
})

test('writes to a full database fail until there is space again, and reads work', async () => {
  const faults = createSqliteFaults()
  const db = openSqlite(':memory:', schema, { faults })
  db.exec('PRAGMA max_page_count = 10')
  const fillUp = () =>
    write(db, () => {
      for (let count = 0; count < 100; count++) insert(db).run('x'.repeat(pageBytes))
    })
  const error = await fillUp().catch((error: unknown) => error)
  expect(error).toMatchObject({ failure: 'full', temporary: true, dataLoss: false })
  expect(faults.failing()).toContain('the disk of the database :memory: is full')
  expect(read(db, () => db.prepare('SELECT count(*) AS n FROM thing').get()?.n)).toBe(0)
  db.exec('PRAGMA max_page_count = 100000')
  await waitFor(async () => faults.failing() === undefined, { what: 'the database to be writable' })
  await fillUp()
  expect(faults.counts().get('full')).toBeGreaterThanOrEqual(1)
  closeSqlite(db)
})

test('a write waits for the lock of another process without blocking the event loop', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'locked.db')
  const db = openSqlite(path, schema)
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  const order: string[] = []
  const writes = ['a', 'b', 'c'].map(async (text) => {
    await write(db, () => insert(db).run(text))
    order.push(text)
  })
  for (let turns = 0; turns < 20; turns++) await turn()
  expect(order).toEqual([])
  other.exec('COMMIT')
  other.close()
  await Promise.all(writes)
  expect(order).toEqual(['a', 'b', 'c'])
  expect(() => transaction(db, () => insert(db).run('d'))).not.toThrow()
  closeSqlite(db)
})

test('a write that waits too long is reported once, and rejects', async () => {
  const reported: unknown[] = []
  const writers = createWriterQueue((error) => reported.push(error), { lock: 60, report: 10 })
  const busy = new SqliteError('a.db', 'busy', new Error('database is locked'))
  let attempts = 0
  const late = writers.run(() => {
    attempts++
    throw busy
  })
  const next = writers.run(() => 'written')
  expect(await late.catch((error: unknown) => error)).toBe(busy)
  expect(await next).toBe('written')
  expect(attempts).toBeGreaterThan(2)
  expect(reported).toEqual([busy])
})

test('a lock that is unavailable for a second is reported, and not before', () => {
  const reported: unknown[] = []
  let nowMs = 0
  const lock = createLockWatch(
    (error) => reported.push(error),
    () => nowMs,
  )
  const missAt = (timeMs: number) => {
    nowMs = timeMs
    lock.missed(timeMs)
  }
  for (const timeMs of [0, 500, 999]) missAt(timeMs)
  expect(reported).toEqual([])
  missAt(1_000)
  expect(reported).toEqual([1_000])
  lock.taken()
  for (const timeMs of [1_100, 2_099, 60_000, 60_900]) missAt(timeMs)
  expect(reported).toEqual([1_000])
  missAt(61_000)
  expect(reported).toEqual([1_000, 61_000])
})

test('transactions that miss the lock name the file until the lock is free', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'held.db')
  const faults = createSqliteFaults()
  const db = openSqlite(path, schema, { faults })
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  const miss = () => thrown(() => transaction(db, () => insert(db).run('a')))
  expect(miss()).toMatchObject({ failure: 'busy' })
  expect(faults.failing()).toBeUndefined()
  const reportedFault = () => miss() !== undefined && faults.failing()
  const fault = await waitFor(reportedFault, { what: 'the lock to be reported' })
  expect(fault).toContain(`another process has locked the database ${path}`)
  other.exec('COMMIT')
  other.close()
  await waitFor(() => faults.failing() === undefined, { what: 'the database to be writable' })
  closeSqlite(db)
})

test('the error for a read-only file names it, also when the runtime gives no code', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'readonly.db')
  fill(path)
  const db = new DatabaseSync(path, { readOnly: true })
  const reported: SqliteError[] = []
  guard(db, path, (error) => reported.push(error))
  for (const attempt of [
    () => db.exec("INSERT INTO thing (text) VALUES ('no')"),
    () => db.prepare("INSERT INTO thing (text) VALUES ('no')").run(),
  ]) {
    const error = thrown(attempt)
    expect(error).toMatchObject({ failure: 'readonly', temporary: true })
    expect((error as Error).message).toContain(`the database ${path} is not writable`)
  }
  expect(reported).toHaveLength(2)
  db.close()
})

test('a database that was not closed is checked before it is used', async () => {
  await using folder = await temporaryFolder()
  const [used, whole, broken] = ['used', 'whole', 'broken'].map((name) =>
    join(folder.path, `${name}.db`),
  ) as [string, string, string]
  fill(used)
  const db = openSqlite(used, schema)
  insert(db).run('in the write-ahead log alone')
  for (const copy of [whole, broken]) {
    for (const end of ['', '-wal']) copyFileSync(`${used}${end}`, `${copy}${end}`)
  }
  closeSqlite(db)
  expect(existsSync(`${used}-wal`)).toBe(false)
  damagePages(broken)
  // Later than both files, like the last write.
  const later = new Date(Date.now() + 1_000)
  utimesSync(`${broken}-wal`, later, later)
  expect(() => openSqlite(broken, schema, { checked: true })).toThrow(
    `cannot open the database ${broken}: it is damaged, restore a backup`,
  )
  const reopened = openSqlite(whole, schema, { checked: true })
  const last = reopened.prepare('SELECT text FROM thing ORDER BY number DESC').get()?.text
  expect(last).toBe('in the write-ahead log alone')
  closeSqlite(reopened)
})

alsoOnDenoAndNode(import.meta.filename)

/** Writes some hundred pages of rows. */
function fill(path: string): void {
  const db = openSqlite(path, schema)
  const statement = insert(db)
  transaction(db, () => {
    for (let count = 0; count < 4_000; count++) statement.run('x'.repeat(100))
  })
  closeSqlite(db)
}

function thrown(body: () => unknown): unknown {
  try {
    body()
  } catch (error) {
    return error
  }
  return undefined
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
