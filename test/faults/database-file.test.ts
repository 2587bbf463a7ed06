import { describe, expect, test } from 'bun:test'
import { closeSync, openSync, statSync, writeSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { waitFor } from '@marquee/testing/wait-for'
import { createSqliteMetadataStore } from '../../services/metadata/store/sqlite.ts'
import { startService } from '../system/service-process.ts'
import { ratingClient, readProblem } from './rating-process.ts'

const testTimeoutMs = 60_000
const movieCount = 3_000
const pageBytes = 4096

describe.each(['bun', 'deno', 'node'] as const)('metadata on %s', (runtime) => {
  test(
    'a service with a damaged database is not ready, names the file, and serves the intact data',
    async () => {
      await using folder = await temporaryFolder()
      const path = join(folder.path, 'metadata.db')
      await fill(path)
      damage(path)
      const args = ['--database-url', `sqlite:${path}`]
      await using service = await startService({ service: 'metadata', runtime, args })
      const statuses = new Map<number, number>()
      for (let number = 0; number < movieCount; number += 20) {
        const { status } = await fetch(`${service.url}/metadata?id=m${number}`)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
      expect([...statuses.keys()].toSorted()).toEqual([200, 500])
      const ready = await fetch(`${service.url}/readyz`)
      expect(ready.status).toBe(503)
      expect(await ready.text()).toContain(`the database ${basename(path)} is damaged`)
      const metrics = await (await fetch(`${service.url}/metrics`)).text()
      expect(metrics).toMatch(/marquee_database_failures_total\{kind="damaged"\} [1-9]/)
      expect((await fetch(`${service.url}/livez`)).status).toBe(200)
    },
    testTimeoutMs,
  )

  test(
    'reads work while another process locks the database; writes fail with UNAVAILABLE until it is unlocked',
    async () => {
      await using folder = await temporaryFolder()
      const path = join(folder.path, 'metadata.db')
      await fill(path)
      const args = ['--database-url', `sqlite:${path}`]
      await using service = await startService({ service: 'metadata', runtime, args })
      const other = new DatabaseSync(path)
      other.exec('BEGIN IMMEDIATE')
      const write = put(service.url)
      let reads = 0
      const written = write.then(({ status }) => status)
      while ((await Promise.race([written, read(service.url, reads)])) === 200) reads++
      expect(await written).toBe(503)
      expect(reads).toBeGreaterThan(10)
      expect((await fetch(`${service.url}/readyz`)).status).toBe(503)
      other.exec('COMMIT')
      other.close()
      const isReady = async () => (await fetch(`${service.url}/readyz`)).ok
      await waitFor(isReady, { what: 'the service to be ready again' })
      expect((await put(service.url)).status).toBe(201)
    },
    testTimeoutMs,
  )
})

describe.each(['bun', 'deno', 'node'] as const)('rating on %s', (runtime) => {
  test(
    'rating is not ready while another process locks the event log, still responds, and recovers',
    async () => {
      await using folder = await temporaryFolder()
      const path = join(folder.path, 'events.db')
      const args = ['--database-url', `sqlite:${join(folder.path, 'rating.db')}`]
      args.push('--event-log', path)
      await using service = await startService({ service: 'rating', runtime, args })
      const other = new DatabaseSync(path)
      other.exec('BEGIN IMMEDIATE')
      const problem = await waitFor(() => readProblem(service.url), { what: 'the lock to be told' })
      expect(problem).toContain('another process has locked the database events.db')
      await ratingClient(service.url).putRating({ ...movie, userId: 'ann', value: 4 })
      other.exec('COMMIT')
      other.close()
      const isReady = async () => (await readProblem(service.url)) === undefined
      await waitFor(isReady, { what: 'the service to be ready again' })
    },
    testTimeoutMs,
  )
})

const movie = { recordType: 'movie', recordId: 'm1' }

async function read(url: string, number: number): Promise<number> {
  const { status } = await fetch(`${url}/metadata?id=m${number % movieCount}`)
  return status
}

function put(url: string): Promise<Response> {
  const body = JSON.stringify({ id: 'new', title: 'New' })
  const headers = { 'content-type': 'application/json' }
  return fetch(`${url}/metadata`, { method: 'PUT', headers, body })
}

async function fill(path: string): Promise<void> {
  await using store = createSqliteMetadataStore({ path })
  const movies = Array.from({ length: movieCount }, (_, number) => ({
    id: `m${number}`,
    title: `Movie ${number}`,
    description: 'x'.repeat(500),
    director: '',
    releaseDate: '',
    genres: [],
  }))
  await store.put(movies)
}

/** Overwrites the middle third of the file. */
function damage(path: string): void {
  const pages = statSync(path).size / pageBytes
  const file = openSync(path, 'r+')
  const nonsense = new Uint8Array(pageBytes).fill(0x5a)
  for (let page = Math.floor(pages / 3); page < (2 * pages) / 3; page++) {
    writeSync(file, nonsense, 0, pageBytes, page * pageBytes)
  }
  closeSync(file)
}
