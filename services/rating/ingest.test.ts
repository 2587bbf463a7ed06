import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { splitDeadLetter } from '@marquee/event-log/dead-letter'
import type { EventLog, LogRecord, NewRecord } from '@marquee/event-log/port'
import { textHeader, textOfHeader } from '@marquee/event-log/record-headers'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { waitFor } from '@marquee/testing/wait-for'
import { pino } from 'pino'
import { createEmbeddedEventLog } from '../../packages/event-log/embedded/embedded.ts'
import { createIngest, type Ingest, type IngestOptions, type IngestStatus } from './ingest.ts'
import { defaultRules } from './scoring.ts'
import { positionOf } from './store/contract/fixtures.ts'
import type { ChangeSink, RatingStore } from './store/port.ts'
import { createSqliteRatingStore } from './store/sqlite.ts'

describe('ingestion', () => {
  test('an event in the original format counts', async () => {
    await using bench = await openBench()
    await bench.append(
      '{"userId":"105","recordId":"1","recordType":"movie","value":5,"providerId":"test-provider","eventType":"put"}',
    )
    await bench.start()
    await bench.caughtUp()
    expect(await bench.aggregate('1')).toMatchObject({ count: 1, mean: 5 })
    expect(bench.status()).toMatchObject({ state: 'running', applied: 1, deadLettered: 0 })
    expect(lagOf(bench.status())).toBe(0)
  })

  test('an event delivered twice counts once', async () => {
    await using bench = await openBench()
    let applies = 0
    const forgetful: ChangeSink = {
      ...bench.store,
      async apply(batch) {
        const position = await bench.store.apply(batch)
        applies += 1
        if (applies === 1) throw new Error('the response got lost')
        return position
      },
    }
    await bench.append(put('ada', '1', 4), put('bob', '1', 2))
    await bench.start({ sink: forgetful })
    await bench.caughtUp()
    expect(applies).toBe(2)
    expect(await bench.aggregate('1')).toMatchObject({ count: 2, mean: 3 })
  })

  test('the later event of a user wins, and a delete removes the rating', async () => {
    await using bench = await openBench()
    await bench.append(put('ada', '1', 1), put('bob', '1', 3), put('ada', '1', 5))
    await bench.start({ batchSizeMax: 1 })
    await bench.caughtUp()
    expect(await bench.aggregate('1')).toMatchObject({ count: 2, mean: 4 })
    await bench.append(remove('bob', '1'), remove('nobody', '1'))
    await bench.caughtUp()
    expect(await bench.aggregate('1')).toMatchObject({ count: 1, mean: 5 })
    await bench.append(remove('ada', '1'))
    await bench.caughtUp()
    expect(await bench.aggregate('1')).toBeUndefined()
  })

  test('1,000 poison events among 10,000 good ones become dead letters, and the good ones count', async () => {
    await using bench = await openBench()
    const events = Array.from({ length: 11_000 }, (_, n) =>
      n % 11 === 10 ? `poison ${n}` : put(`user ${n}`.replace(' ', '-'), `${n % 20}`, (n % 5) + 1),
    )
    await bench.append(...events)
    await bench.start({ batchSizeMax: 500 })
    await bench.caughtUp()
    expect(bench.status()).toMatchObject({ applied: 10_000, deadLettered: 1_000 })
    const records = Array.from({ length: 20 }, (_, n) => movie(`${n}`))
    const aggregates = await bench.store.aggregates(records)
    expect(aggregates.reduce((sum, { count }) => sum + count, 0)).toBe(10_000)
    const letters = await bench.deadLetters(1_000)
    const poison = events.filter((event) => event.startsWith('poison'))
    expect(letters.map(text).toSorted()).toEqual(poison.toSorted())
  })

  test('a dead letter is the unchanged event, with the reason and its source', async () => {
    await using bench = await openBench()
    const value = new TextEncoder().encode(put('ada', '1', 6))
    const poison = { key: '1', value, headers: [textHeader('reason', 'its own')] }
    await bench.eventLog.append('ratings', [recordOf(put('bob', '1', 4)), poison])
    await bench.start()
    const [letter] = await bench.deadLetters(1)
    expect([...(letter?.value ?? [])]).toEqual([...value])
    expect(letter?.key && `${Buffer.from(letter.key)}`).toBe('1')
    const { own, original } = splitDeadLetter(letter?.headers ?? [])
    expect(original.map((header) => [header.name, textOfHeader(header)])).toEqual([
      ['reason', 'its own'],
    ])
    expect(own).toEqual({
      reason: 'value must be 0.5 to 5 in steps of 0.5, without quotes',
      topic: 'ratings',
      partition: expect.stringMatching(/^[0-3]$/),
      offset: '1',
    })
    await bench.caughtUp()
    expect(await bench.aggregate('1')).toMatchObject({ count: 1, mean: 4 })
  })

  test('a sink that fails five times loses nothing, and each dead letter is written once', async () => {
    await using bench = await openBench()
    let failures = 5
    const flaky = breakable(bench.store, () => failures-- > 0)
    await bench.append(put('ada', '1', 4), put('eve', '1', 9), put('bob', '1', 2))
    await bench.start({ sink: flaky })
    await bench.caughtUp()
    expect(await bench.aggregate('1')).toMatchObject({ count: 2 })
    expect(bench.status()).toMatchObject({ applied: 2, deadLettered: 1 })
    expect(await bench.deadLetters(1)).toHaveLength(1)
  })

  test('nothing is applied before its dead letters are written', async () => {
    await using bench = await openBench()
    let failures = 2
    const eventLog: EventLog = {
      ...bench.eventLog,
      async append(topic, records) {
        if (failures-- > 0) throw new Error('the log is full')
        await bench.eventLog.append(topic, records)
      },
    }
    await bench.append(put('ada', '1', 4), put('eve', '1', 9))
    await bench.start({ eventLog })
    await waitFor(() => bench.status().lastError, { what: 'a failure' })
    expect(bench.status()).toMatchObject({ state: 'failing', applied: 0, deadLettered: 0 })
    expect(await bench.aggregate('1')).toBeUndefined()
    await bench.caughtUp()
    expect(bench.status()).toMatchObject({ state: 'running', applied: 1, deadLettered: 1 })
  })

  test('the status reports a store that is down, and that it is up again', async () => {
    await using bench = await openBench()
    let down = false
    const fragile = breakable(bench.store, () => down)
    await bench.start({ sink: fragile })
    await bench.append(put('ada', '1', 4))
    await bench.caughtUp()
    down = true
    await bench.append(put('bob', '1', 2), put('eve', '1', 3))
    await waitFor(() => bench.status().state === 'failing', { what: 'the failure to show' })
    expect(bench.status().applied).toBe(1)
    expect(lagOf(bench.status())).toBe(2)
    expect(bench.status().lastError?.message).toBe('the store is down')
    down = false
    await waitFor(() => bench.status().state === 'running', { what: 'the recovery to show' })
    await bench.caughtUp()
    expect(await bench.aggregate('1')).toMatchObject({ count: 3 })
  })

  test('a start while the store is down waits for it', async () => {
    await using bench = await openBench()
    let failures = 6
    const late: ChangeSink = {
      ...bench.store,
      async storedLog(topic) {
        if (failures-- > 0) throw new Error('the store is down')
        return await bench.store.storedLog(topic)
      },
    }
    await bench.append(put('ada', '1', 4))
    await bench.start({ sink: late })
    await waitFor(() => bench.status().state === 'failing', { what: 'the failure to show' })
    await bench.caughtUp()
    expect(await bench.aggregate('1')).toMatchObject({ count: 1 })
  })

  test('ingestion continues after each restart exactly where it stopped', async () => {
    await using folder = await temporaryFolder()
    const events = Array.from({ length: 3_000 }, (_, n) => put(`user-${n}`, `${n % 30}`, 3))
    let applied = 0
    for (let run = 1; run <= 5; run++) {
      await using bench = await openBench(folder.path)
      if (run === 1) await bench.append(...events)
      let batches = 10
      await bench.start({ batchSizeMax: 20, sink: breakable(bench.store, () => batches-- <= 0) })
      await waitFor(() => bench.status().lastError, { what: 'the failure' })
      await bench.stop()
      expect(bench.status().applied).toBe(200)
      expect(bench.status().state).toBe('stopped')
      applied += bench.status().applied
    }
    await using bench = await openBench(folder.path)
    await bench.start()
    await bench.caughtUp()
    applied += bench.status().applied
    expect(applied).toBe(3_000)
    const records = Array.from({ length: 30 }, (_, n) => movie(`${n}`))
    const counts = (await bench.store.aggregates(records)).map(({ count }) => count)
    expect(counts).toEqual(Array(30).fill(100))
  })

  test('events that another process has applied meanwhile are not applied again', async () => {
    await using bench = await openBench()
    const key = '1'
    await bench.start()
    await bench.append(put('ada', '1', 4))
    await bench.caughtUp()
    const home = (await bench.positions()).find(([, position]) => position === 1)
    const partition = home?.[0] ?? 0
    const identity = await bench.eventLog.identity('ratings')
    const others = {
      topic: 'ratings',
      log: identity,
      partition,
      expectedPosition: 1,
      nextPosition: 2,
    }
    await bench.store.apply({ ...others, changes: [] })
    await bench.append(put('ada', key, 1), put('bob', key, 2))
    await bench.caughtUp()
    expect(await bench.store.get(movie(key), 'ada')).toMatchObject({ value: 4 })
    expect(await bench.store.get(movie(key), 'bob')).toMatchObject({ value: 2 })
  })
})

interface Bench extends AsyncDisposable {
  readonly eventLog: EventLog
  readonly store: RatingStore & ChangeSink
  append(...events: string[]): Promise<void>
  start(options?: Partial<IngestOptions>): Promise<void>
  stop(): Promise<void>
  status(): ReturnType<Ingest['status']>
  /** Resolves when every event appended so far has been handled. */
  caughtUp(): Promise<unknown>
  positions(): Promise<[number, number | undefined][]>
  aggregate(recordId: string): ReturnType<RatingStore['aggregate']>
  /** Everything in the dead-letter topic, as soon as there are so many. */
  deadLetters(count: number): Promise<LogRecord[]>
}

/** A log and a store in a folder: its own, or one that outlives it. */
async function openBench(path?: string): Promise<Bench> {
  await using resources = new AsyncDisposableStack()
  const folder = path ?? resources.use(await temporaryFolder()).path
  const store = resources.use(
    createSqliteRatingStore({ path: join(folder, 'ratings.db'), rules: defaultRules }),
  )
  const eventLog = resources.use(
    createEmbeddedEventLog({ path: join(folder, 'log.db'), partitions: 4 }),
  )
  const log = pino({ level: 'silent' })
  let ingest: Ingest | undefined
  const kept = resources.move()

  function status(): ReturnType<Ingest['status']> {
    if (ingest === undefined) throw new Error('start it first')
    return ingest.status()
  }

  return {
    eventLog,
    store,
    status,
    append: (...events) => eventLog.append('ratings', events.map(recordOf)),
    async start(options) {
      ingest = kept.use(await createIngest({ eventLog, sink: store, log, ...options }).start())
    },
    stop: async () => ingest?.[Symbol.asyncDispose](),
    caughtUp: () =>
      waitFor(() => status().state === 'running' && lagOf(status()) === 0, { what: 'no lag' }),
    positions: () =>
      Promise.all(
        [0, 1, 2, 3].map(async (n) => [n, await positionOf(store, n)] as [number, number]),
      ),
    aggregate: (recordId) => store.aggregate(movie(recordId)),
    deadLetters: (count) => readTopic(eventLog, 'ratings.dlq', count),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** The sink, whose `apply` rejects while it is broken. */
function breakable(sink: ChangeSink, isBroken: () => boolean): ChangeSink {
  return {
    ...sink,
    async apply(batch) {
      if (isBroken()) throw new Error('the store is down')
      return await sink.apply(batch)
    },
  }
}

async function readTopic(eventLog: EventLog, topic: string, count: number): Promise<LogRecord[]> {
  const found: LogRecord[] = []
  await using reading = await eventLog.consume({
    topic,
    group: crypto.randomUUID(),
    batchSizeMax: 1_000,
    position: async () => undefined,
    async handle({ records }) {
      found.push(...records)
      return (records.at(-1)?.offset ?? 0) + 1
    },
  })
  const done = () => found.length >= count && lagOf({ partitions: reading.progress() }) === 0
  await waitFor(done, { what: `${count} records of ${topic}` })
  return found
}

function movie(recordId: string): { recordType: string; recordId: string } {
  return { recordType: 'movie', recordId }
}

function put(userId: string, recordId: string, value: number): string {
  return JSON.stringify({ userId, ...movie(recordId), value, eventType: 'put' })
}

function remove(userId: string, recordId: string): string {
  return JSON.stringify({ userId, ...movie(recordId), eventType: 'delete' })
}

/** The event under its record's id, as producers key it; one that is not JSON under itself. */
function recordOf(event: string): NewRecord {
  const key = /"recordId":"([^"]*)"/.exec(event)?.[1] ?? event
  return { key, value: new TextEncoder().encode(event) }
}

function text(record: LogRecord): string {
  return new TextDecoder().decode(record.value ?? undefined)
}

function lagOf({ partitions }: Pick<IngestStatus, 'partitions'>): number {
  return partitions.reduce((sum, { lag }) => sum + lag, 0)
}
