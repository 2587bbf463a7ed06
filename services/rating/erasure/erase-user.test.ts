import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Code, createClient } from '@connectrpc/connect'
import { createEmbeddedEventLog } from '@marquee/event-log/embedded/embedded'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { appOrigin, createAppTransport } from '@marquee/testing/app-transport'
import { failureOf } from '@marquee/testing/failure-of'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { waitFor } from '@marquee/testing/wait-for'
import { pino } from 'pino'
import { RatingService } from '../../../gen/rating/v1/rating_pb.ts'
import { createDeadLetters } from '../dead-letters.ts'
import { startRelay } from '../feed/relay.ts'
import { isPublished, topics } from '../feed/testing/feed.ts'
import { createIngest } from '../ingest.ts'
import { countOf } from '../scale.ts'
import { defaultRules } from '../scoring.ts'
import { createRatingApp } from '../service.ts'
import { createSqliteRatingStore } from '../store/sqlite.ts'
import { createAggregateWatches } from '../watch.ts'
import { createEraseUser } from './erase-user.ts'

/** An id that is nowhere by chance. */
const erased = 'erase-me-7f3a91c5'
const userCount = 40
const recordCount = 60
const dayMs = 24 * 60 * 60 * 1_000
const names = { topic: 'ratings', deadLetterTopic: 'ratings.dlq', changesTopic: 'rating-changes' }
const encoder = new TextEncoder()

test('no byte of an erased user is in the store, the log or the application log', async () => {
  await using world = await setUp()
  const { client, store, eventLog, countInFiles } = world
  await world.rate()
  await eventLog.append(names.topic, [
    event({ userId: erased, recordId: 'late', value: 99 }),
    { key: 'x', value: encoder.encode(`{"userId":"${erased}","recordId`) },
    event({ userId: 'user-1', recordId: 'late', value: 2 }),
  ])
  await waitFor(async () => (await deadLetters(world)) === 2, { what: 'dead letters' })
  await waitFor(() => countInFiles('user-1') > 0 && countInFiles(erased) > 0, { what: 'the files' })
  const receipt = await client.eraseUser({ userId: erased })
  expect(receipt.ratings).toMatchObject([{ recordType: 'movie', deletedCount: 60n }])
  const [events, changes, letters] = receipt.records
  expect(events).toMatchObject({ topic: names.topic, remainingCount: 0n, reason: '' })
  expect(events?.removedCount).toBeGreaterThanOrEqual(2n)
  expect(letters).toMatchObject({ topic: names.deadLetterTopic, removedCount: 2n })
  expect(letters?.remainingUntil).toBeUndefined()
  expect(changes).toMatchObject({ topic: names.changesTopic, remainingCount: 60n })
  expect(changes?.reason).toContain('tombstones')
  expect(Number(changes?.remainingUntil?.seconds) * 1_000).toBeGreaterThan(world.nowMs() + dayMs)
  expect(countInFiles(erased, 'rating.db')).toBe(0)

  await expectRecounted(world)
  await waitFor(() => isPublished(eventLog, store), { what: 'the feed' })
  const isOver = async () => {
    world.advance(dayMs)
    return (await tombstones(world)) === 0
  }
  await waitFor(isOver, { what: 'the end of the tombstones' })
  const again = await client.eraseUser({ userId: erased })
  expect(again.ratings).toEqual([])
  expect(again.records.map(({ remainingCount }) => remainingCount)).toEqual([0n, 0n, 0n])
  expect(countInFiles(erased)).toBe(0)
  expect(countInFiles('user-1')).toBeGreaterThan(0)
  expect(world.lines.join('\n')).not.toContain(erased)
  expect((await store.ratingsOfUser('user-1', { limit: 1 })).ratings).toHaveLength(1)
})

test('a user who was erased may rate again', async () => {
  await using world = await setUp()
  const { client, store, eventLog } = world
  await client.putRating({ recordType: 'movie', recordId: '1', userId: erased, value: 4 })
  await client.eraseUser({ userId: erased })
  await client.putRating({ recordType: 'movie', recordId: '1', userId: erased, value: 5 })
  await eventLog.append(names.topic, [event({ userId: erased, recordId: '2', value: 3 })])
  const record = { recordType: 'movie', recordId: '2' }
  await waitFor(async () => (await store.get(record, erased))?.value === 3, { what: 'the event' })
  const { ratings } = await client.listRatings({ of: { case: 'userId', value: erased } })
  expect(ratings.map(({ value }) => value)).toEqual([3, 5])
})

test('events that were not applied before the erasure have no effect afterwards', async () => {
  await using world = await setUp({ ingests: false })
  const { client, store, eventLog } = world
  const others = Array.from({ length: 20 }, (_, index) =>
    event({ userId: `user-${index}`, recordId: '1', value: 2 }),
  )
  await eventLog.append(names.topic, [
    event({ userId: erased, recordId: '1', value: 4 }),
    ...others,
  ])
  // A log that keeps records, as Kafka does.
  const keeping = { ...eventLog, erase: async () => ({ removed: 0, remaining: 1 }) }
  const eraseUser = createEraseUser({ store, log: { eventLog: keeping, topics: names } })
  const { records } = await eraseUser(erased, new AbortController().signal)
  expect(records[0]).toMatchObject({ topic: names.topic, removed: 0, remaining: 1 })
  expect(records[0]?.untilMs).toBeGreaterThan(Date.now())
  await using ingest = createIngest({ eventLog, sink: store, log: pino({ level: 'silent' }) })
  await ingest.start()
  const record = { recordType: 'movie', recordId: '1' }
  await waitFor(async () => (await store.aggregate(record))?.count === 20, { what: 'the events' })
  expect(await store.get(record, erased)).toBeUndefined()
  await eventLog.append(names.topic, [event({ userId: erased, recordId: '1', value: 1 })])
  await waitFor(async () => (await store.aggregate(record))?.count === 21, {
    what: 'the new event',
  })
  expect((await client.getRating({ ...record, userId: erased })).rating?.value).toBe(1)
})

test('an erasure that fails completes when it is repeated', async () => {
  await using world = await setUp()
  const { store, eventLog } = world
  await world.rate()
  let isDown = true
  const failing = {
    ...eventLog,
    async retention(topic: string) {
      if (isDown) throw new Error('the log is unavailable')
      return eventLog.retention(topic)
    },
  }
  const eraseUser = createEraseUser({ store, log: { eventLog: failing, topics: names } })
  const { signal } = new AbortController()
  expect((await failureOf(eraseUser(erased, signal))).rawMessage).toBe('the log is unavailable')
  isDown = false
  expect((await eraseUser(erased, signal)).ratings.size).toBe(0)
  expect(world.countInFiles(erased, 'rating.db')).toBe(0)
  await expectRecounted(world)
})

test('REST erases a user, and no log line has the id', async () => {
  await using world = await setUp()
  await world.client.putRating({ recordType: 'movie', recordId: '1', userId: erased, value: 4 })
  for (const count of [1, 0]) {
    const response = await world.app.request(`${appOrigin}/v1/users/${erased}`, {
      method: 'DELETE',
    })
    expect(response.status).toBe(200)
    const { ratings = [] } = (await response.json()) as { ratings?: unknown[] }
    expect(ratings).toHaveLength(count)
  }
  expect(world.lines.length).toBeGreaterThan(0)
  expect(world.lines.join('\n')).not.toContain(erased)
})

test('a request that names no user is INVALID_ARGUMENT', async () => {
  await using world = await setUp()
  expect((await failureOf(world.client.eraseUser({}))).code).toBe(Code.InvalidArgument)
})

function event(fields: { userId: string; recordId: string; value: number }) {
  const value = JSON.stringify({ recordType: 'movie', eventType: 'put', ...fields })
  return { key: fields.recordId, value: encoder.encode(value) }
}

/** A rating service with its files, relay and ingestion. */
async function setUp({ ingests = true } = {}) {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  let offsetMs = 0
  const clock = () => Date.now() + offsetMs
  const lines: string[] = []
  const log = pino({}, { write: (line: string) => void lines.push(line) })
  const store = stack.use(
    createSqliteRatingStore({ path: join(folder.path, 'rating.db'), rules: defaultRules, clock }),
  )
  const eventLog = stack.use(
    createEmbeddedEventLog({
      path: join(folder.path, 'events.db'),
      partitions: 3,
      compactionIntervalMs: 10,
      clock,
    }),
  )
  stack.use(startRelay({ store, eventLog, log, topics, clock }))
  if (ingests) stack.use(await createIngest({ eventLog, sink: store, log, ...names }).start())
  const watches = stack.use(createAggregateWatches({ store }))
  const app = createRatingApp({
    store,
    watches,
    eraseUser: createEraseUser({ store, log: { eventLog, topics: names }, clock }),
    deadLetters: createDeadLetters(eventLog, names.deadLetterTopic),
    log,
    metrics: createMetrics(),
    health: createHealth(new AbortController().signal),
  })
  const client = createClient(RatingService, createAppTransport(app))
  const resources = stack.move()

  /** Rates by RPC, import and event. Every user rates every record, some twice. */
  async function rate(): Promise<void> {
    const users = [erased, ...Array.from({ length: userCount }, (_, index) => `user-${index}`)]
    const ratings = Array.from({ length: recordCount * users.length }, (_, index) => ({
      recordType: 'movie',
      recordId: `${index % recordCount}`,
      userId: users[Math.floor(index / recordCount)] ?? '',
      value: ((index % 10) + 1) / 2,
    }))
    await eventLog.append(names.topic, ratings.filter((_, index) => index % 3 !== 0).map(event))
    await client.importRatings(stream(ratings.filter((_, index) => index % 3 !== 1)))
    for (const userId of [erased, 'user-0']) {
      await client.putRating({ recordType: 'movie', recordId: '1', userId, value: 5 })
      await client.deleteRating({ recordType: 'movie', recordId: '2', userId })
      await client.putRating({ recordType: 'movie', recordId: '2', userId, value: 1 })
    }
    const total = BigInt(ratings.length)
    await waitFor(async () => BigInt(await ratingCount(store)) === total, { what: 'the ratings' })
  }

  return {
    app,
    client,
    store,
    eventLog,
    lines,
    rate,
    nowMs: clock,
    advance(timeMs: number) {
      offsetMs += timeMs
    },
    /** Returns how often a text is in the bytes of the files. */
    countInFiles(text: string, prefix = '') {
      const files = readdirSync(folder.path).filter((name) => name.startsWith(prefix))
      return files.reduce((sum, name) => {
        const bytes = readFileSync(join(folder.path, name)).toString('latin1')
        return sum + bytes.split(text).length - 1
      }, 0)
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

type World = Awaited<ReturnType<typeof setUp>>

async function* stream(ratings: readonly object[]) {
  for (const rating of ratings) yield { rating }
}

async function ratingCount(store: World['store']): Promise<number> {
  const found = await Promise.all(
    Array.from({ length: recordCount }, (_, index) =>
      store.aggregate({ recordType: 'movie', recordId: `${index}` }),
    ),
  )
  return found.reduce((sum, aggregate) => sum + (aggregate?.count ?? 0), 0)
}

async function deadLetters({ eventLog }: World): Promise<number> {
  const ends = await eventLog.ends(names.deadLetterTopic)
  return ends.reduce((sum, end) => sum + end, 0)
}

async function tombstones({ eventLog }: World): Promise<number> {
  const isUser = ({ key }: { key: Uint8Array | null }) =>
    Buffer.from(key ?? []).includes(`"${erased}"`)
  let count = 0
  for (let partition = 0; partition < 3; partition++) {
    for (let offset = 0; ; ) {
      const slice = await eventLog.read(names.changesTopic, { partition, offset, countMax: 1_000 })
      const last = slice?.records.at(-1)
      if (slice === undefined || last === undefined) break
      count += slice.records.filter(isUser).length
      offset = last.offset + 1
    }
  }
  return count
}

/** Expects that each aggregate is that of the ratings that are left. */
async function expectRecounted({ store }: World): Promise<void> {
  const counted = new Map<string, number[]>()
  let after: Parameters<typeof store.outbox.ratings>[0] | undefined = { record: 0, userId: '' }
  while (after !== undefined) {
    const page: Awaited<ReturnType<typeof store.outbox.ratings>> = await store.outbox.ratings(
      after,
      1_000,
    )
    for (const { recordId, userId, value } of page.ratings) {
      expect(userId).not.toBe(erased)
      const histogram = counted.get(recordId) ?? Array.from({ length: 10 }, () => 0)
      histogram[value * 2 - 1] = (histogram[value * 2 - 1] ?? 0) + 1
      counted.set(recordId, histogram)
    }
    after = page.next
  }
  expect(counted.size).toBeGreaterThanOrEqual(recordCount)
  for (const [recordId, histogram] of counted) {
    const aggregate = await store.aggregate({ recordType: 'movie', recordId })
    expect([...(aggregate?.histogram ?? [])]).toEqual(histogram)
    expect(aggregate?.count).toBe(countOf(histogram))
  }
}
