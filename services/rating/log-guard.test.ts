import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TemporaryFolder, temporaryFolder } from '@marquee/testing/temporary-folder'
import { waitFor } from '@marquee/testing/wait-for'
import { pino } from 'pino'
import { createEmbeddedEventLog } from '../../packages/event-log/embedded/embedded.ts'
import { createIngest, type Ingest } from './ingest.ts'
import { ingestCondition } from './ingest-health.ts'
import type { LogPolicy } from './log-guard.ts'
import { defaultRules } from './scoring.ts'
import { createSqliteRatingStore } from './store/sqlite.ts'

const log = pino({ level: 'silent' })
const advice = 'apply this one from its beginning with --log-identity accept-new'

let folder: TemporaryFolder
let paths: { readonly events: string; readonly ratings: string; readonly copy: string }

beforeEach(async () => {
  folder = await temporaryFolder()
  const at = (name: string) => join(folder.path, name)
  paths = { events: at('events.db'), ratings: at('ratings.db'), copy: at('copy.db') }
})
afterEach(() => folder[Symbol.asyncDispose]())

describe('when the embedded log is another one', () => {
  test('a lost file stops ingestion, even when the new file has more events than were read before', async () => {
    await append(0, 100)
    await caughtUp()
    await rm(paths.events)
    await append(1_000, 1_400)
    const blocked = await blockedReason()
    expect(blocked).toMatch(
      /^the log of topic ratings is file:\w+, and the stored positions are of/,
    )
    expect(blocked).toContain(advice)
    expect(await users()).toBe(100)
    await caughtUp('accept-new')
    expect(await users()).toBe(500)
    await append(1_400, 1_500)
    await caughtUp()
    expect(await users()).toBe(600)
  })

  test('a restored copy is noticed when it ends before the position', async () => {
    await restoreAfterAppending(100, 50)
    expect(await blockedReason()).toMatch(/partition \d of topic ratings ends at \d+, and has been/)
    expect(await users()).toBe(150)
  })

  test('a restored copy is noticed by the last event applied when it has grown past the position', async () => {
    await restoreAfterAppending(100, 50)
    await append(1_000, 1_400)
    expect(await blockedReason()).toMatch(/holds another event at offset \d+ than was applied/)
    expect(await users()).toBe(150)
    await caughtUp('accept-new')
    expect(await users()).toBe(550)
  })

  test('a log is accepted without a decision when nothing was read from the previous one', async () => {
    await append(0, 0)
    await caughtUp()
    await rm(paths.events)
    await append(0, 10)
    await caughtUp()
    expect(await users()).toBe(10)
  })

  test('a restored database of ratings applies the events again that it lacks', async () => {
    await append(0, 50)
    await caughtUp()
    await copyFile(paths.ratings, paths.copy)
    await append(50, 100)
    await caughtUp()
    await copyFile(paths.copy, paths.ratings)
    await caughtUp()
    expect(await users()).toBe(100)
  })
})

describe('a database of an earlier version, without an identity', () => {
  test('a database without an identity accepts the current log when no position is past its end', async () => {
    await append(0, 100)
    await caughtUp()
    forgetIdentity()
    await append(100, 200)
    await caughtUp()
    await rm(paths.events)
    await append(1_000, 1_400)
    expect(await blockedReason()).toContain('the stored positions are of')
    expect(await users()).toBe(200)
  })

  test('a database without an identity refuses a log that ends before a position', async () => {
    await append(0, 100)
    await caughtUp()
    forgetIdentity()
    await rm(paths.events)
    await append(1_000, 1_010)
    expect(await blockedReason()).toMatch(/ends at \d+, and has been read to offset/)
    expect(await users()).toBe(100)
  })
})

test('accept-new does not apply to a log that changes after it was accepted', async () => {
  await append(0, 100)
  await using running = await start('accept-new')
  await waitFor(() => isCaughtUp(running.ingest), { what: 'no lag' })
  const db = new DatabaseSync(paths.events)
  db.exec("UPDATE log SET identity = 'another'")
  db.close()
  await append(1_000, 1_100)
  await waitFor(() => running.ingest.status().state === 'blocked', { what: 'the other log' })
  await running[Symbol.asyncDispose]()
  expect(await users()).toBe(100)
})

/** Takes a copy of the log, appends `more` events, applies all, and brings the copy back. */
async function restoreAfterAppending(count: number, more: number): Promise<void> {
  await append(0, count)
  await caughtUp()
  await copyFile(paths.events, paths.copy)
  await append(count, count + more)
  await caughtUp()
  await copyFile(paths.copy, paths.events)
}

async function append(from: number, until: number): Promise<void> {
  await using eventLog = createEmbeddedEventLog({ path: paths.events, partitions: 4 })
  const records = Array.from({ length: until - from }, (_, index) => {
    const [userId, recordId] = [`user-${from + index}`, `movie-${index % 40}`]
    const event = { userId, recordId, recordType: 'movie', value: 4, eventType: 'put' }
    return { key: recordId, value: new TextEncoder().encode(JSON.stringify(event)) }
  })
  await eventLog.append('ratings', records)
}

async function start(logPolicy: LogPolicy) {
  const resources = new AsyncDisposableStack()
  const store = resources.use(createSqliteRatingStore({ path: paths.ratings, rules: defaultRules }))
  const eventLog = resources.use(createEmbeddedEventLog({ path: paths.events, partitions: 4 }))
  const ingest = resources.use(
    await createIngest({ eventLog, sink: store, log, logPolicy }).start(),
  )
  return { ingest, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}

function isCaughtUp(ingest: Ingest): boolean {
  const { state, partitions } = ingest.status()
  return state === 'running' && partitions.every(({ lag }) => lag === 0)
}

async function caughtUp(logPolicy: LogPolicy = 'refuse-new'): Promise<void> {
  await using running = await start(logPolicy)
  await waitFor(() => isCaughtUp(running.ingest), { what: 'no lag' })
}

/** Starts ingestion, and returns why it is blocked and not ready. */
async function blockedReason(): Promise<string> {
  await using running = await start('refuse-new')
  const { ingest } = running
  await waitFor(() => ingest.status().state === 'blocked', { what: 'the other log' })
  expect(ingestCondition(ingest)()).toContain(ingest.status().blocked as string)
  expect(ingest.status().applied).toBe(0)
  return ingest.status().blocked as string
}

/** Returns the number of users that have rated. */
async function users(): Promise<number> {
  await using store = createSqliteRatingStore({ path: paths.ratings, rules: defaultRules })
  const top = await store.top({ recordType: 'movie', countMin: 1, limit: 1_000 })
  return top.aggregates.reduce((sum, { count }) => sum + count, 0)
}

/** Leaves the database as an earlier version has it. */
function forgetIdentity(): void {
  const db = new DatabaseSync(paths.ratings)
  db.exec('DELETE FROM log; UPDATE position SET last_offset = NULL, last_digest = NULL')
  db.close()
}
