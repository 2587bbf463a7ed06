import { expect, test } from 'bun:test'
import { copyFileSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { spawnProgram } from '@marquee/testing/process'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { checkAfterCrash } from '../../packages/sql/sqlite/integrity.ts'
import { closeSqlite, openSqlite, type Schema } from '../../packages/sql/sqlite/sqlite.ts'
import { faultSeed } from './seeded-random.ts'

const schema: Schema = {
  applicationId: 5,
  migrations: ['CREATE TABLE thing (number INTEGER PRIMARY KEY, text TEXT) STRICT'],
}
const entry = 'test/faults/checkpoint-peer.ts'
const seeds = [1, 2, 5, 7, 8, faultSeed('a database after a crash')]
/** The index of the log survives a kill. It may be gone when the machine restarts. */
const cases = seeds.flatMap((seed) => [
  { seed, index: 'with' },
  { seed, index: 'without' },
])

test.each(cases)(
  'a killed database whose checkpoint a reader held back counts as its own: seed $seed, $index index',
  async ({ seed, index }) => {
    await using crashed = await crash(seed, index)
    const { path } = crashed
    const db = openSqlite(path, schema, { checked: true })
    expect(rowsOf(db)).toEqual(crashed.rows)
    closeSqlite(db)
  },
)

test.each(cases)(
  'a backup that replaces a killed database is refused: seed $seed, $index index',
  async ({ seed, index }) => {
    await using crashed = await crash(seed, index)
    const { path } = crashed
    for (const backup of ['copied', 'vacuumed']) {
      copyFileSync(`${path}.${backup}`, path)
      crashed.touch()
      expect(() => checkAfterCrash(path, () => {})).toThrow('it was replaced, and')
    }
  },
)

test.each(['with', 'without'])(
  'an empty database that replaces a killed one is refused, %s index',
  async (index) => {
    await using crashed = await crash(1, index)
    const { path } = crashed
    closeSqlite(openSqlite(`${path}.other`, schema))
    copyFileSync(`${path}.other`, path)
    crashed.touch()
    expect(() => checkAfterCrash(path, () => {})).toThrow('it was replaced, and')
  },
)

alsoOnDenoAndNode(import.meta.filename)

/**
 * Creates a database whose process was killed after a checkpoint, and reads its rows from a copy of
 * its files.
 */
async function crash(seed: number, index: string) {
  const folder = await temporaryFolder()
  const path = join(folder.path, 'thing.db')
  closeSqlite(openSqlite(path, schema))
  await using peer = await spawnProgram({ runtime: 'bun', entry, args: [path, `${seed}`] })
  expect(await peer.exited).toMatchObject({ signal: 'SIGKILL' })
  for (const end of ['', '-wal']) copyFileSync(`${path}${end}`, `${path}.same${end}`)
  const db = new DatabaseSync(`${path}.same`)
  const rows = rowsOf(db)
  db.close()
  if (index === 'without') rmSync(`${path}-shm`)
  /** Makes the file newer than its log, whatever the tick of the file system's clock is. */
  const touch = () => {
    const time = new Date(statSync(`${path}-wal`).mtimeMs + 1_000)
    utimesSync(path, time, time)
  }
  touch()
  return { path, rows, touch, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

function rowsOf(db: DatabaseSync): unknown[] {
  return db.prepare('SELECT * FROM thing ORDER BY number').all()
}
