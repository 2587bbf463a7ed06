import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { SqliteError } from './error.ts'
import { createRebuild } from './rebuild.ts'

test('a file is rebuilt although its checkpoint is refused at first', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'a.db')
  using db = new DatabaseSync(path)
  db.exec('PRAGMA journal_mode = WAL; CREATE TABLE a (b TEXT) STRICT')
  const { connection, refused } = refusing(db, path, 2)
  await createRebuild(connection, path)()
  expect(refused()).toBe(2)
  expect(db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get()).toMatchObject({ log: 0 })
})

test('a rebuild that fails is a temporary error, and says what to do', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'none', 'a.db')
  using db = new DatabaseSync(':memory:')
  const error = await createRebuild(db, path)().catch((thrown) => thrown)
  expect(error).toMatchObject({ temporary: true, message: expect.stringContaining('erase again') })
})

/** Refuses the first checkpoints, as SQLite does while a write of the connection is open. */
function refusing(db: DatabaseSync, path: string, count: number) {
  let refused = 0
  const prepare = (text: string) => {
    const statement = db.prepare(text)
    const get = () => {
      if (refused === count) return statement.get()
      refused++
      throw new SqliteError(path, 'busy', new Error('database table is locked'))
    }
    return { get }
  }
  return { connection: { prepare } as unknown as DatabaseSync, refused: () => refused }
}
