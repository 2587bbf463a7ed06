import { afterAll, describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alsoOnDenoAndNode } from '../../../platform/testing/other-runtimes/also-on.ts'
import { metadataStoreContract, type OpenMetadataStore } from './contract.ts'
import { metadataStoreSharingContract } from './contract-sharing.ts'
import { createMemoryMetadataStore } from './memory.ts'
import { openMetadataStore } from './open.ts'
import { createSqliteMetadataStore } from './sqlite.ts'

const folder = mkdtempSync(join(tmpdir(), 'marquee-metadata-'))
afterAll(() => rmSync(folder, { recursive: true }))

let databases = 0
const newPath = () => join(folder, `${databases++}.db`)

metadataStoreContract('memory', () => async (options) => createMemoryMetadataStore(options))

function createSqliteDatabase(): OpenMetadataStore {
  const path = newPath()
  return async (options) => createSqliteMetadataStore({ ...options, path })
}

metadataStoreContract('sqlite', createSqliteDatabase)
metadataStoreSharingContract('sqlite', createSqliteDatabase)

describe('openMetadataStore', () => {
  test('opens memory', async () => {
    await using store = await openMetadataStore('memory:')
    expect(store.durable).toBe(false)
  })

  test('opens an SQLite file, making its folder', async () => {
    const path = join(folder, 'new/deep/metadata.db')
    await using store = await openMetadataStore(`sqlite:${path}`)
    expect(store.durable).toBe(true)
    expect(existsSync(path)).toBe(true)
  })

  test('says what it accepts, and shows no password', async () => {
    for (const url of ['mysql://me:secret@host/db', 'sqlite:', 'sqlite://x.db', 'data.db', '']) {
      const error = await openMetadataStore(url).catch((error: Error) => error)
      expect(String(error)).toContain('must be "memory:", "sqlite:" and')
      expect(String(error)).not.toContain('secret')
    }
  })

  test('names a folder that cannot be written', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    const error = await openMetadataStore(`sqlite:${file}/metadata.db`).catch((error) => error)
    expect(String(error)).toStartWith(`Error: cannot write to the folder ${file}: `)
    expect(String(error)).not.toContain('\n')
  })

  test('names a database that is none', async () => {
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
