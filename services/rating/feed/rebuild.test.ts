import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEmbeddedEventLog } from '@marquee/event-log/embedded/embedded'
import type { EventLog } from '@marquee/event-log/port'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { randomRuns } from '@marquee/testing/random-runs'
import fc from 'fast-check'
import { pino } from 'pino'
import { createLogGuard } from '../log-guard.ts'
import type { RatingChange } from '../rating.ts'
import { defaultRules } from '../scoring.ts'
import type { RatingDatabase } from '../store/database.ts'
import { createMemoryRatingStore } from '../store/memory.ts'
import { createSqliteRatingStore } from '../store/sqlite.ts'
import { createPublisher } from './publisher.ts'
import { rebuildStore } from './rebuild.ts'
import { topics } from './testing/feed.ts'
import { expectSameStores } from './testing/same-stores.ts'

const folder = mkdtempSync(join(tmpdir(), 'marquee-rebuild-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0

const log = pino({ level: 'silent' })
const movie = (recordId: string) => ({ recordType: 'movie', recordId })
const alien = movie('alien')
const heat = movie('heat')
const rating = (userId: string, value: number, record = alien) => ({ ...record, userId, value })
const openLog = () => createEmbeddedEventLog({ path: ':memory:', partitions: 3 })
const openStore = () => createMemoryRatingStore({ rules: defaultRules })
const openFile = () =>
  createSqliteRatingStore({ path: join(folder, `${files++}.db`), rules: defaultRules })

function createFeed(store: RatingDatabase, eventLog: EventLog) {
  let timeMs = Date.now()
  const clock = () => timeMs
  const publisher = createPublisher({ store, eventLog, topics, holder: 'one', clock })
  return {
    /** Publishes all ratings, and the aggregates, too, after their interval. */
    async publish() {
      timeMs += 2_000
      await publisher.publish(new AbortController().signal)
    },
    /** Publishes without the aggregates, when called within their interval. */
    publishRatings: () => publisher.publish(new AbortController().signal),
  }
}

function rebuild(store: RatingDatabase, eventLog: EventLog, eventsFrom: 'end' | 'start' = 'end') {
  return rebuildStore({ store, eventLog, topics, eventsTopic: 'ratings', eventsFrom })
}

test('a store is rebuilt bit by bit, with the records that nobody rates any more', async () => {
  await using store = openFile()
  await using eventLog = openLog()
  const { publish } = createFeed(store, eventLog)
  await publish()
  const ratedTimeMs = Date.parse('1999-12-31T23:59:59.999Z')
  await store.put([rating('ann', 4.5), rating('bob', 2), rating('ann', 3, heat)])
  await publish()
  await store.put([{ ...rating('bob', 2), ratedTimeMs }, rating('cy', 0.5)])
  await store.delete(heat, 'ann')
  await store.delete(alien, 'cy')
  await publish()
  await using rebuilt = openFile()
  const result = await rebuild(rebuilt, eventLog)
  expect(result).toMatchObject({ differences: [], newerCount: 0 })
  await expectSameStores(rebuilt, store)
  expect((await rebuilt.get(alien, 'bob'))?.ratedTimeMs).toBe(ratedTimeMs)
  expect((await rebuilt.states([heat])).states).toMatchObject([{ count: 0 }])
})

test('a store that has ratings, or had, and an empty topic are refused', async () => {
  await using eventLog = openLog()
  await using empty = openStore()
  await expect(rebuild(empty, eventLog)).rejects.toThrow(
    'the topics rating-changes and rating-aggregates are empty',
  )
  await using store = openStore()
  await store.put([rating('ann', 4)])
  await createFeed(store, eventLog).publish()
  await store.delete(alien, 'ann')
  await expect(rebuild(store, eventLog)).rejects.toThrow('the database has ratings')
})

test('what a topic lost is reported', async () => {
  await using store = openStore()
  await using eventLog = openLog()
  const { publish } = createFeed(store, eventLog)
  await store.put([rating('ann', 4), rating('bob', 2, heat), rating('cy', 2, movie('other'))])
  await publish()
  const keyOf = (key: Uint8Array | null) => new TextDecoder().decode(key ?? undefined)
  await eventLog.erase(topics.changes, ({ key }) => keyOf(key).includes('ann'))
  await eventLog.erase(topics.aggregates, ({ key }) => keyOf(key).includes('heat'))
  await using rebuilt = openStore()
  const { differences } = await rebuild(rebuilt, eventLog)
  expect(differences).toMatchObject([
    { recordId: 'heat', published: undefined, counted: [0, 0, 0, 1, 0, 0, 0, 0, 0, 0] },
    { recordId: 'alien', published: [0, 0, 0, 0, 0, 0, 0, 1, 0, 0], counted: Array(10).fill(0) },
  ])
})

test('while a service publishes, newer ratings are no difference', async () => {
  await using store = openStore()
  await using eventLog = openLog()
  const { publish, publishRatings } = createFeed(store, eventLog)
  await store.put([rating('ann', 4)])
  await publish()
  await store.put([rating('bob', 4)])
  await publishRatings()
  let isRead = false
  const read: EventLog['read'] = async (topic, options) => {
    if (!isRead && topic === topics.aggregates) await publish()
    isRead ||= topic === topics.aggregates
    return eventLog.read(topic, options)
  }
  await using rebuilt = openStore()
  expect(await rebuild(rebuilt, { ...eventLog, read })).toMatchObject({
    differences: [],
    newerCount: 1,
  })
  await using later = openStore()
  expect(await rebuild(later, eventLog)).toMatchObject({ differences: [], newerCount: 0 })
  await expectSameStores(later, store)
})

test('newer ratings are a difference when nobody publishes the aggregates', async () => {
  await using store = openStore()
  await using eventLog = openLog()
  const { publish, publishRatings } = createFeed(store, eventLog)
  await store.put([rating('ann', 4)])
  await publish()
  await store.put([rating('bob', 4)])
  await publishRatings()
  await using rebuilt = openStore()
  const { differences } = await rebuild(rebuilt, eventLog)
  expect(differences).toMatchObject([{ recordId: 'alien', isNewer: true }])
  const [newest] = (await rebuilt.states([alien])).states
  expect(newest?.revision).toBe((await rebuilt.get(alien, 'bob'))?.revision as number)
})

test('a service continues behind the events, or at their start, and accepts the log', async () => {
  await using store = openStore()
  await using eventLog = openLog()
  await eventLog.append('ratings', [
    { key: 'a', value: new Uint8Array([1]) },
    { key: 'b', value: new Uint8Array([2]) },
    { key: 'b', value: new Uint8Array([3]) },
  ])
  await store.put([rating('ann', 4)])
  await createFeed(store, eventLog).publish()
  for (const eventsFrom of ['end', 'start'] as const) {
    await using rebuilt = openStore()
    await rebuild(rebuilt, eventLog, eventsFrom)
    const guard = { eventLog, sink: rebuilt, topic: 'ratings', policy: 'refuse-new', log } as const
    const ends = await eventLog.ends('ratings')
    for (const [partition, end] of ends.entries()) {
      const expected = eventsFrom === 'end' && end > 0 ? end : undefined
      expect(await createLogGuard(guard).start(partition)).toBe(expected as number)
    }
    const { positions } = await rebuilt.storedLog('ratings')
    for (const position of positions) expect(position.lastEvent).toBeDefined()
  }
})

const anyName = {
  record: fc.constantFrom('1', '2', '3'),
  user: fc.constantFrom('ann', 'bob', 'cy'),
}
const anyChange = fc.record({ ...anyName, value: fc.option(fc.integer({ min: 1, max: 10 })) })
const anyStep = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), changes: fc.array(anyChange, { minLength: 1 }) }),
  fc.record({ kind: fc.constant('apply' as const), changes: fc.array(anyChange) }),
  fc.record({ kind: fc.constant('delete' as const), ...anyName }),
  fc.constant({ kind: 'publish' as const }),
)

test('whatever is put, applied and deleted, the rebuilt store is the same bit for bit', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 20 }), async (steps) => {
      await using store = openStore()
      await using eventLog = openLog()
      const { publish } = createFeed(store, eventLog)
      let position: number | undefined
      for (const step of [{ kind: 'put' as const, changes: [first] }, ...steps]) {
        if (step.kind === 'publish') await publish()
        else if (step.kind === 'delete') await store.delete(movie(step.record), step.user)
        else if (step.kind === 'put') {
          const puts = step.changes.map((one) =>
            rating(one.user, (one.value ?? 1) / 2, movie(one.record)),
          )
          await store.put(puts)
        } else {
          const nextPosition: number = (position ?? 0) + 1
          const place = { topic: 'ratings', partition: 0, log: 'log' }
          const changes = step.changes.map(toChange)
          const batch = { ...place, expectedPosition: position, nextPosition, changes }
          position = await store.apply(batch)
        }
      }
      await publish()
      await using rebuilt = openFile()
      const { differences, newerCount } = await rebuild(rebuilt, eventLog)
      expect({ differences, newerCount }).toEqual({ differences: [], newerCount: 0 })
      await expectSameStores(rebuilt, store)
    }),
    { numRuns: randomRuns(30) },
  )
}, 60_000)

const first = { record: '1', user: 'ann', value: 1 }

function toChange({ record, user, value }: Omit<typeof first, 'value'> & { value: number | null }) {
  const name = { ...movie(record), userId: user }
  const change: RatingChange =
    value === null ? { ...name, kind: 'delete' } : { ...name, value: value / 2, kind: 'put' }
  return change
}

alsoOnDenoAndNode(import.meta.filename)
