import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create, fromJsonString } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { createEmbeddedEventLog } from '@marquee/event-log/embedded/embedded'
import type { EventLog } from '@marquee/event-log/port'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { randomRuns } from '@marquee/testing/random-runs'
import { waitFor } from '@marquee/testing/wait-for'
import fc from 'fast-check'
import { pino } from 'pino'
import { RatingSchema } from '../../../gen/rating/v1/rating_pb.ts'
import type { RecordRef } from '../rating.ts'
import { createScale } from '../scale.ts'
import { defaultRules } from '../scoring.ts'
import { convertScale } from '../store/convert-scale.ts'
import type { RatingDatabase } from '../store/database.ts'
import { createMemoryRatingStore } from '../store/memory.ts'
import { createSqliteRatingStore } from '../store/sqlite.ts'
import { createPublisher } from './publisher.ts'
import { type Relay, startRelay } from './relay.ts'
import { expectFeed, isPublished, lastByKey, topics } from './testing/feed.ts'

const log = pino({ level: 'silent' })
const folder = mkdtempSync(join(tmpdir(), 'marquee-feed-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const newPath = () => join(folder, `${files++}.db`)

const movie = (recordId: string): RecordRef => ({ recordType: 'movie', recordId })
const alien = movie('alien')
const heat = movie('heat')
const rating = (userId: string, value: number, record = alien) => ({ ...record, userId, value })

const openStore = () => createMemoryRatingStore({ rules: defaultRules })
const openLog = () => createEmbeddedEventLog({ path: ':memory:', partitions: 2 })

async function settled(eventLog: EventLog, store: RatingDatabase): Promise<void> {
  await waitFor(() => isPublished(eventLog, store), { what: 'all changes to be published' })
  await expectFeed(eventLog, store)
}

test('every accepted change is published, however it came in', async () => {
  await using store = openStore()
  await using eventLog = openLog()
  await using _relay = startRelay({ store, eventLog, log, topics })
  await store.put([rating('ann', 4.5), rating('bob', 2, heat)])
  await settled(eventLog, store)
  await store.put([rating('ann', 4.5)])
  await store.delete(heat, 'bob')
  await store.apply({
    topic: 'ratings',
    log: 'log',
    partition: 0,
    expectedPosition: undefined,
    nextPosition: 2,
    changes: [
      { kind: 'put', ...rating('cy', 1) },
      { kind: 'put', ...rating('"dee",\\', 5, movie('é"')) },
    ],
  })
  await settled(eventLog, store)
  const tombstone = (await lastByKey(eventLog, topics.changes)).get('["movie","heat","bob"]')
  expect(tombstone?.value).toBeNull()
  expect(tombstone?.headers[0]?.name).toBe('revision')
})

test('publishing waits for its pace after each step', async () => {
  await using store = openStore()
  await using eventLog = openLog()
  await store.put(Array.from({ length: 5_000 }, (_, index) => rating(`user${index}`, 3)))
  let nowMs = 1_000
  const slowLog: EventLog = {
    ...eventLog,
    append(...args) {
      nowMs += 7
      return eventLog.append(...args)
    },
  }
  const options = { store, eventLog: slowLog, topics, holder: 'one', clock: () => nowMs }
  const publisher = createPublisher(options)
  const stepsMs: number[] = []
  const paced = Promise.withResolvers<void>()
  const { signal } = new AbortController()
  const publishing = publisher.publish(signal, (stepMs) => {
    stepsMs.push(stepMs)
    return paced.promise
  })
  await waitFor(() => stepsMs.length > 0, { what: 'the first step' })
  const publishedBefore = publisher.published()
  await store.put([rating('late', 1)])
  expect(publisher.published()).toBe(publishedBefore)
  paced.resolve()
  expect(await publishing).toBe(true)
  expect(publisher.published()).toBeGreaterThan(publishedBefore)
  expect(stepsMs.every((stepMs) => stepMs > 0 && stepMs % 7 === 0)).toBe(true)
  publisher.hurry()
  await publisher.publish(signal)
  await settled(eventLog, store)
})

test('a long publish looks at the identities of the topics now and then', async () => {
  await using store = openStore()
  await using eventLog = openLog()
  await store.put(Array.from({ length: 5_001 }, (_, index) => rating(`user${index}`, 3)))
  let nowMs = 1_000
  let identityCount = 0
  const watchedLog: EventLog = {
    ...eventLog,
    identity(topic) {
      identityCount++
      return eventLog.identity(topic)
    },
  }
  const options = { store, eventLog: watchedLog, topics, holder: 'one', clock: () => nowMs }
  const publisher = createPublisher(options)
  let stepCount = 0
  await publisher.publish(new AbortController().signal, async () => {
    if (stepCount++ === 0) nowMs += 31_000
  })
  expect(stepCount).toBeGreaterThan(1)
  expect(identityCount).toBe(4)
})

test('the value of a change is the JSON of rating.v1.Rating', async () => {
  await using store = openStore()
  await using eventLog = openLog()
  await using _relay = startRelay({ store, eventLog, log, topics })
  const ratedTimeMs = Date.parse('0999-01-31T12:30:15.250Z')
  await store.put([{ ...rating('ann', 0.5), ratedTimeMs }])
  await settled(eventLog, store)
  const record = (await lastByKey(eventLog, topics.changes)).get('["movie","alien","ann"]')
  const message = fromJsonString(RatingSchema, new TextDecoder().decode(record?.value ?? undefined))
  const stored = await store.get(alien, 'ann')
  expect(message).toEqual(
    create(RatingSchema, {
      ...rating('ann', 0.5),
      updateTime: timestampFromMs(stored?.updateTimeMs ?? 0),
      revision: BigInt(stored?.revision ?? 0),
      ratedTime: timestampFromMs(ratedTimeMs),
    }),
  )
})

test('publishing begins with what the store has already, and again in another log', async () => {
  await using store = openStore()
  await store.put(Array.from({ length: 30 }, (_, index) => rating(`user${index}`, 3)))
  await store.put([rating('gone', 3, heat)])
  await store.delete(heat, 'gone')
  for (let times = 0; times < 2; times++) {
    await using eventLog = openLog()
    await using _relay = startRelay({ store, eventLog, log, topics })
    await settled(eventLog, store)
    await store.put([rating(`later${times}`, 1)])
    await settled(eventLog, store)
  }
})

test('a conversion publishes every rating again, on the new scale', async () => {
  const path = newPath()
  await using eventLog = openLog()
  {
    await using store = createSqliteRatingStore({ path, rules: defaultRules })
    await using _relay = startRelay({ store, eventLog, log, topics })
    await store.put([rating('ann', 4.5), rating('bob', 2, heat)])
    await settled(eventLog, store)
  }
  {
    await using store = createSqliteRatingStore({ path, rules: defaultRules })
    // Waits in the outbox on the old scale.
    await store.put([rating('cy', 1.5)])
  }
  const to = createScale('1:10:1')
  await convertScale(`sqlite:${path}`, { recordType: 'movie', to, multiply: 2, divide: 1 })
  const prior = { mean: 5.5, weight: 10 }
  const rules = { ...defaultRules, named: new Map([['movie', { scale: to, prior }]]) }
  await using store = createSqliteRatingStore({ path, rules })
  await using _relay = startRelay({ store, eventLog, log, topics })
  await settled(eventLog, store)
  expect((await store.get(alien, 'cy'))?.value).toBe(3)
})

test('a relay that is disposed publishes what waits', async () => {
  await using store = openStore()
  await using eventLog = openLog()
  const relay = startRelay({ store, eventLog, log, topics })
  await store.put([rating('ann', 4)])
  await settled(eventLog, store)
  await store.put([rating('bob', 4, heat)])
  await relay[Symbol.asyncDispose]()
  await expectFeed(eventLog, store)
})

test('while the log is away nothing is lost, and the status says why', async () => {
  await using store = openStore()
  await using eventLog = openLog()
  let isAway = true
  const append: EventLog['append'] = async (topic, records) => {
    if (isAway) throw new Error('the log is away')
    await eventLog.append(topic, records)
  }
  await using relay = startRelay({ store, eventLog: { ...eventLog, append }, log, topics })
  await store.put([rating('ann', 4)])
  await waitFor(() => relay.status().state === 'failing', { what: 'the failure' })
  expect(relay.status().lastError?.message).toBe('the log is away')
  await store.put([rating('ann', 5), rating('bob', 1)])
  isAway = false
  await settled(eventLog, store)
  await waitFor(() => relay.status().state === 'running', { what: 'the end of the failure' })
})

test('a relay that publishes again is no longer failing, however much is left', async () => {
  await using store = openStore()
  await using eventLog = openLog()
  await store.put(Array.from({ length: 5_001 }, (_, index) => rating(`user${index}`, 3)))
  let isAway = true
  const append: EventLog['append'] = async (topic, records) => {
    if (isAway) throw new Error('the log is away')
    await eventLog.append(topic, records)
  }
  const rest = Promise.withResolvers<void>()
  const outbox: RatingDatabase['outbox'] = {
    ...store.outbox,
    async ratings(after, limit) {
      if (after.userId !== '') await rest.promise
      return await store.outbox.ratings(after, limit)
    },
  }
  const failing = { store: { ...store, outbox }, eventLog: { ...eventLog, append } }
  await using relay = startRelay({ ...failing, log, topics })
  await waitFor(() => relay.status().state === 'failing', { what: 'the failure' })
  isAway = false
  await waitFor(() => relay.status().state === 'running', { what: 'the end of the failure' })
  expect(await isPublished(eventLog, store)).toBe(false)
  rest.resolve()
  await settled(eventLog, store)
})

test('of several relays one publishes, and another takes over when it stops', async () => {
  const path = newPath()
  await using eventLog = openLog()
  const open = () => createSqliteRatingStore({ path, rules: defaultRules })
  await using store = open()
  await using second = open()
  const relays: Relay[] = [startRelay({ store, eventLog, log, topics })]
  await waitFor(() => relays[0]?.status().state === 'running', { what: 'the first relay' })
  relays.push(startRelay({ store: second, eventLog, log, topics }))
  await waitFor(() => relays[1]?.status().state === 'waiting', { what: 'the second relay' })
  await second.put([rating('ann', 4)])
  await settled(eventLog, store)
  expect(relays[1]?.status().published).toBe(0)
  await relays[0]?.[Symbol.asyncDispose]()
  await store.put([rating('bob', 4)])
  await settled(eventLog, store)
  // A record is in the log before it is counted.
  const haveCounted = () => relays[1]?.status().published === 2
  await waitFor(haveCounted, { what: 'the second relay to count its records' })
  await relays[1]?.[Symbol.asyncDispose]()
})

test('a publisher that was suspended beyond its lease does not end with an old state', async () => {
  let timeMs = 1_700_000_000_000
  const clock = () => timeMs
  await using store = createMemoryRatingStore({ rules: defaultRules, clock })
  await using eventLog = openLog()
  const signal = new AbortController().signal
  const suspended = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  const append: EventLog['append'] = async (topic, records) => {
    reached.resolve()
    await suspended.promise
    await eventLog.append(topic, records)
  }
  const common = { store, topics, clock }
  const slow = createPublisher({ ...common, eventLog: { ...eventLog, append }, holder: 'slow' })
  const other = createPublisher({ ...common, eventLog, holder: 'other' })
  await store.put([rating('ann', 1)])
  const publishing = slow.publish(signal)
  await reached.promise
  timeMs += 60_000
  await store.put([rating('ann', 5)])
  await store.delete(alien, 'ann')
  await store.put([rating('bob', 2)])
  expect(await other.publish(signal)).toBe(true)
  await expectFeed(eventLog, store)
  suspended.resolve()
  expect(await publishing).toBe(false)
  expect(await isPublished(eventLog, store)).toBe(false)
  expect(await slow.publish(signal)).toBe(false)
  timeMs += 2_000
  expect(await other.publish(signal)).toBe(true)
  await expectFeed(eventLog, store)
})

test('whatever fails, and whoever publishes, the topics end with the state of the store', async () => {
  const anyStep = fc.oneof(
    fc.record({
      kind: fc.constant('put' as const),
      user: fc.constantFrom('ann', 'bob'),
      record: fc.constantFrom('1', '2', '3'),
      value: fc.integer({ min: 1, max: 10 }),
    }),
    fc.record({
      kind: fc.constant('delete' as const),
      user: fc.constantFrom('ann', 'bob'),
      record: fc.constantFrom('1', '2', '3'),
    }),
    fc.record({
      kind: fc.constant('publish' as const),
      holder: fc.integer({ min: 0, max: 2 }),
      failure: fc.constantFrom('none', 'before', 'after', 'save'),
      pauseMs: fc.constantFrom(0, 1_500, 20_000),
    }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 25 }), async (steps) => {
      let timeMs = 1_700_000_000_000
      let failure = 'none'
      await using store = createMemoryRatingStore({ rules: defaultRules, clock: () => timeMs })
      await using eventLog = openLog()
      const append: EventLog['append'] = async (topic, records) => {
        if (failure === 'before') throw new Error('nothing was appended')
        await eventLog.append(topic, records)
        if (failure === 'after') throw new Error('all was appended')
      }
      const outbox: RatingDatabase['outbox'] = {
        ...store.outbox,
        async save(lease, done) {
          if (failure === 'save') throw new Error('the progress is not saved')
          return store.outbox.save(lease, done)
        },
      }
      const failing = { ...store, outbox }
      const publishers = [0, 1, 2].map((number) =>
        createPublisher({
          store: failing,
          eventLog: { ...eventLog, append },
          topics,
          holder: `${number}`,
          clock: () => timeMs,
        }),
      )
      const publish = (holder: number) =>
        publishers[holder]?.publish(new AbortController().signal).catch(() => undefined)
      for (const step of steps) {
        if (step.kind === 'put') {
          await store.put([rating(step.user, step.value / 2, movie(step.record))])
        } else if (step.kind === 'delete') await store.delete(movie(step.record), step.user)
        else {
          failure = step.failure
          await publish(step.holder)
          timeMs += step.pauseMs
        }
      }
      failure = 'none'
      for (const holder of [0, 1, 2, 0]) {
        timeMs += 20_000
        await publish(holder)
      }
      await expectFeed(eventLog, store)
    }),
    { numRuns: randomRuns(100) },
  )
}, 60_000)

alsoOnDenoAndNode(import.meta.filename)
