import { expect, test } from 'bun:test'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { waitFor } from '@marquee/testing/wait-for'
import { createSqliteFaults } from './faults.ts'
import { closeSqlite, openSqlite, transaction } from './sqlite.ts'

const schema = { applicationId: 7, migrations: ['CREATE TABLE t (x INTEGER)'] }

test.each([
  ['removed', async (path: string) => rm(path), 'it was removed'],
  ['moved with its folder', async (path: string) => rename(join(path, '..'), `${path}-moved`), ''],
  [
    'replaced',
    async (path: string) => {
      await writeFile(`${path}-new`, '')
      await rename(`${path}-new`, path)
    },
    'another file has its name now',
  ],
])(
  'a database that is %s while in use is reported, although statements still work',
  async (_, take, reason) => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'data.db')
    const faults = createSqliteFaults()
    const db = openSqlite(path, schema, { faults })
    await take(path).catch(() => rm(folder.path, { recursive: true }))
    const noticed = await waitFor(() => faults.damaged(), { what: 'the loss' })
    expect(noticed).toContain(`the file of the database ${path} is gone`)
    expect(noticed).toContain(reason)
    expect(faults.counts().get('gone')).toBe(1)
    closeSqlite(db)
  },
)

test('a database that grows in place is not reported', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'data.db')
  const other = join(folder.path, 'other.db')
  const faults = createSqliteFaults()
  const [db, removed] = [
    openSqlite(path, schema, { faults }),
    openSqlite(other, schema, { faults }),
  ]
  transaction(db, () => db.exec('INSERT INTO t VALUES (1)'))
  await rm(other)
  // Both are checked at the same interval: when one is reported, the other has been checked.
  expect(await waitFor(() => faults.damaged(), { what: 'the other' })).toContain(other)
  expect(faults.counts().get('gone')).toBe(1)
  closeSqlite(db)
  closeSqlite(removed)
})

alsoOnDenoAndNode(import.meta.filename)
