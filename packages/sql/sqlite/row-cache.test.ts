import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { setImmediate as eventLoopTurn } from 'node:timers/promises'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { createRowCache } from './row-cache.ts'
import { openSqlite, type Schema, transaction } from './sqlite.ts'

alsoOnDenoAndNode(import.meta.filename)

const schema: Schema = {
  applicationId: 1,
  migrations: ['CREATE TABLE thing (name TEXT PRIMARY KEY, size INTEGER) STRICT'],
}

test('a cached row is read once while nobody writes', async () => {
  await using things = await setUp()
  things.put('a', 1)
  const first = things.get('a')
  await eventLoopTurn()
  expect(things.get('a')).toBe(first)
  expect(things.loads()).toBe(1)
})

test('a write of another connection is seen in the next event-loop turn', async () => {
  await using things = await setUp()
  things.put('a', 1)
  things.get('a')
  await eventLoopTurn()
  things.putElsewhere('a', 2)
  expect(things.get('a')).toEqual({ size: 2 })
})

test('a write of another connection after a read is not seen until the event-loop turn ends', async () => {
  await using things = await setUp()
  things.put('a', 1)
  things.get('a')
  things.putElsewhere('a', 2)
  expect(things.get('a')).toEqual({ size: 1 })
  await eventLoopTurn()
  expect(things.get('a')).toEqual({ size: 2 })
})

test('a write of the same connection is seen immediately after the cache is cleared', async () => {
  await using things = await setUp()
  things.put('a', 1)
  things.get('a')
  things.put('a', 2)
  expect(things.get('a')).toEqual({ size: 2 })
})

test('the absence of a row is not cached', async () => {
  await using things = await setUp()
  expect(things.get('a')).toBeUndefined()
  things.putElsewhere('a', 1)
  await eventLoopTurn()
  expect(things.get('a')).toEqual({ size: 1 })
})

test('at most countMax values are cached, and the oldest are removed first', async () => {
  await using things = await setUp(2)
  for (const name of ['a', 'b', 'c']) things.put(name, 1)
  for (const name of ['a', 'b', 'c', 'b', 'c']) things.get(name)
  expect(things.loads()).toBe(3)
  things.get('a')
  expect(things.loads()).toBe(4)
})

async function setUp(countMax = 10) {
  const folder = await temporaryFolder()
  const path = join(folder.path, 'test.db')
  const db = openSqlite(path, schema)
  const other = openSqlite(path, schema)
  const cache = createRowCache<object>(db, countMax)
  const find = db.prepare('SELECT size FROM thing WHERE name = ?')
  let loads = 0
  const write = 'INSERT OR REPLACE INTO thing VALUES (?, ?)'
  return {
    get: (name: string) =>
      cache.get(name, () => {
        loads++
        const row = find.get(name)
        return row && { size: row.size }
      }),
    put(name: string, size: number) {
      cache.clear()
      transaction(db, () => db.prepare(write).run(name, size))
    },
    putElsewhere(name: string, size: number) {
      transaction(other, () => other.prepare(write).run(name, size))
    },
    loads: () => loads,
    async [Symbol.asyncDispose]() {
      db.close()
      other.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}
