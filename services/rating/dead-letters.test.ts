import { describe, expect, test } from 'bun:test'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { Code, createClient } from '@connectrpc/connect'
import { appendDeadLetters } from '@marquee/event-log/dead-letter'
import type { EventLog, LogRecord } from '@marquee/event-log/port'
import { textHeader } from '@marquee/event-log/record-headers'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { createAppTransport } from '@marquee/testing/app-transport'
import { failureOf } from '@marquee/testing/failure-of'
import { array, assert, asyncProperty, integer, record } from 'fast-check'
import { pino } from 'pino'
import { DeadLetterService } from '../../gen/system/v1/system_pb.ts'
import { createEmbeddedEventLog } from '../../packages/event-log/embedded/embedded.ts'
import {
  createDeadLetters,
  type DeadLetterHead,
  type DeadLetterPosition,
  type DeadLetters,
} from './dead-letters.ts'
import { defaultRules } from './scoring.ts'
import { createRatingApp } from './service.ts'
import { createMemoryRatingStore } from './store/memory.ts'
import { createAggregateWatches } from './watch.ts'

describe('dead letters', () => {
  test('dead letters are listed without values, the newest first, page by page', async () => {
    await using bench = setUp()
    for (let n = 0; n < 25; n++) await bench.putAside(n)
    const first = await bench.client.listDeadLetters({})
    const { nextPageToken: pageToken } = first
    expect(first.deadLetters.map(({ key }) => key)).toEqual(keys(24, 5))
    const last = await bench.client.listDeadLetters({ pageToken, pageSize: 100 })
    expect(last.deadLetters.map(({ key }) => key)).toEqual(keys(4, 0))
    expect(last.nextPageToken).toBe('')
    const [letter] = first.deadLetters
    expect(letter).toMatchObject({
      key: 'record-24',
      reason: 'value must be a whole number from 1 to 5',
      sourceTopic: 'ratings',
      sourcePartition: 3,
      sourceOffset: 24n,
      valueBytes: 8n,
      valueOmitted: false,
    })
    expect(letter?.time && timestampMs(letter.time)).toBe(startMs + 25)
  })

  test('a dead letter is returned with its value and headers', async () => {
    await using bench = setUp()
    await bench.putAside(7)
    const [head] = (await bench.client.listDeadLetters({})).deadLetters
    const { partition = 0, offset = 0n } = head ?? {}
    const { deadLetter, value, headers } = await bench.client.getDeadLetter({ partition, offset })
    expect(deadLetter).toEqual(head)
    expect(new TextDecoder().decode(value)).toBe('event-07')
    expect(headers).toEqual({
      trace: 'abc',
      'dead-letter-reason': 'value must be a whole number from 1 to 5',
      'dead-letter-topic': 'ratings',
      'dead-letter-partition': '3',
      'dead-letter-offset': '7',
    })
  })

  test('a dead letter is returned byte for byte, and an absent value is not an empty one', async () => {
    await using bench = setUp()
    const binary = Uint8Array.of(0xff, 0x00)
    const headers = [
      { name: 'twice', value: binary },
      { name: 'dead-letter-reason', value: null },
      { name: 'twice', value: null },
    ]
    const record = { offset: 1, key: binary, value: null, headers, timestampMs: 0 }
    const refused = { topic: 'ratings', partition: 3, record, reason: 'no value' }
    await appendDeadLetters(bench.eventLog, 'ratings.dlq', [refused])
    const [head] = (await bench.client.listDeadLetters({})).deadLetters
    expect(head).toMatchObject({ reason: 'no value', valueAbsent: true, valueBytes: 0n })
    expect([...(head?.keyBytes ?? [])]).toEqual([...binary])
    const { partition = 0, offset = 0n } = head ?? {}
    const { eventHeaders } = await bench.client.getDeadLetter({ partition, offset })
    expect(eventHeaders.map(({ name, value }) => [name, value && [...value]])).toEqual([
      ['twice', [...binary]],
      ['dead-letter-reason', undefined],
      ['twice', undefined],
    ])
  })

  test('a dead letter whose value was too large has its size', async () => {
    await using bench = setUp()
    const headers = [textHeader('value-omitted-bytes', '2000000'), textHeader('reason', 'too long')]
    await bench.eventLog.append('ratings.dlq', [{ key: '', value: new Uint8Array(), headers }])
    const [letter] = (await bench.client.listDeadLetters({})).deadLetters
    expect(letter).toMatchObject({ valueBytes: 2_000_000n, valueOmitted: true })
  })

  test('dead letters of other programs, with unknown headers or none, are returned too', async () => {
    await using bench = setUp()
    const headers = [
      textHeader('dead-letter-reason', ''),
      textHeader('dead-letter-partition', '99999999999'),
      textHeader('dead-letter-offset', '-1'),
    ]
    const value = new Uint8Array([0xff])
    await bench.eventLog.append('ratings.dlq', [
      { key: 'a', value, headers },
      { key: 'b', value },
    ])
    const { deadLetters } = await bench.client.listDeadLetters({})
    const nothing = { reason: '', sourceTopic: '', sourcePartition: 0, sourceOffset: 0n }
    expect(deadLetters).toMatchObject([nothing, nothing])
  })

  test('an empty dead-letter topic has an empty list, and each dead letter is NOT_FOUND', async () => {
    await using bench = setUp()
    expect(await bench.client.listDeadLetters({})).toMatchObject({
      deadLetters: [],
      nextPageToken: '',
    })
    await bench.putAside(1)
    for (const place of [
      { partition: 0, offset: 77n },
      { partition: 77, offset: 0n },
    ]) {
      expect((await failureOf(bench.client.getDeadLetter(place))).code).toBe(Code.NotFound)
    }
  })

  test.each([
    ['page_size', { pageSize: -1 }],
    ['page_token', { pageToken: 'made up' }],
  ] as const)(
    'a page of dead letters out of bounds is refused: %s of %o',
    async (field, request) => {
      await using bench = setUp()
      const error = await failureOf(bench.client.listDeadLetters(request))
      expect(error).toMatchObject({ code: Code.InvalidArgument })
      expect(error.rawMessage).toContain(field)
    },
  )

  test.each([
    ['partition', -1, '0'],
    ['partition', 1_000_001, '0'],
    ['offset', 0, '-1'],
    ['offset', 0, '9007199254740992'],
  ] as const)(
    'a dead letter out of bounds is refused: %s of %d/%s',
    async (field, partition, offset) => {
      await using bench = setUp()
      const place = { partition, offset: BigInt(offset) }
      const error = await failureOf(bench.client.getDeadLetter(place))
      expect(error).toMatchObject({ code: Code.InvalidArgument })
      expect(error.rawMessage).toContain(field)
    },
  )

  test('dead letters are UNAVAILABLE while the event log does not respond', async () => {
    const away = async () => {
      throw Object.assign(new Error('no broker responds'), { temporary: true })
    }
    await using bench = setUp({ ends: async () => [3], read: away })
    const listed = await failureOf(bench.client.listDeadLetters({}))
    const got = await failureOf(bench.client.getDeadLetter({}))
    expect([listed.code, got.code]).toEqual([Code.Unavailable, Code.Unavailable])
  })

  test('each dead letter is listed once, in order, for any pages, gaps and partitions', async () => {
    const partition = record({
      oldest: integer({ min: 0, max: 300 }),
      gaps: array(integer({ min: 0, max: 60 }), { maxLength: 40 }),
    })
    const partitions = array(partition, { minLength: 1, maxLength: 4 })
    const all = asyncProperty(partitions, integer({ min: 1, max: 9 }), async (shapes, limit) => {
      const log = logOf(shapes)
      const pages = await walk(createDeadLetters(log.eventLog), limit)
      expect(Math.max(...pages.map(({ length }) => length))).toBeLessThanOrEqual(limit)
      const seen = pages.flat().map(({ partition, record }) => [partition, record.offset])
      expect(seen).toEqual(log.newestFirst)
    })
    await assert(all, { numRuns: 200 })
  })
})

const startMs = Date.UTC(2026, 10, 24)

function setUp(given?: Pick<EventLog, 'ends' | 'read'>) {
  let nowMs = startMs
  const clock = () => ++nowMs
  const eventLog = createEmbeddedEventLog({ path: ':memory:', partitions: 4, clock })
  const store = createMemoryRatingStore({ rules: defaultRules })
  const app = createRatingApp({
    store,
    watches: createAggregateWatches({ store }),
    deadLetters: createDeadLetters(given ?? eventLog),
    log: pino({ level: 'silent' }),
    metrics: createMetrics(),
    health: createHealth(new AbortController().signal),
  })
  return {
    eventLog,
    client: createClient(DeadLetterService, createAppTransport(app)),
    putAside(n: number) {
      const value = new TextEncoder().encode(`event-${String(n).padStart(2, '0')}`)
      const headers = [textHeader('trace', 'abc')]
      const key = new TextEncoder().encode(`record-${n}`)
      const record = { offset: n, key, value, headers, timestampMs: 0 }
      const reason = 'value must be a whole number from 1 to 5'
      const refused = { topic: 'ratings', partition: 3, record, reason }
      return appendDeadLetters(eventLog, 'ratings.dlq', [refused])
    },
    [Symbol.asyncDispose]: () => eventLog[Symbol.asyncDispose](),
  }
}

function keys(from: number, to: number): string[] {
  return Array.from({ length: from - to + 1 }, (_, n) => `record-${from - n}`)
}

async function walk(letters: DeadLetters, limit: number): Promise<DeadLetterHead[][]> {
  const pages: DeadLetterHead[][] = []
  let before: DeadLetterPosition | undefined
  do {
    const page = await letters.list(limit, before)
    pages.push([...page.letters])
    before = page.next
  } while (before !== undefined && pages.length < 10_000)
  return pages
}

interface Shape {
  readonly oldest: number
  /** Number of offsets that are skipped before each record. */
  readonly gaps: readonly number[]
}

/** A log whose offsets have gaps, as those of Kafka may, and its records by time. */
function logOf(shapes: readonly Shape[]) {
  const partitions = shapes.map(({ oldest, gaps }) => {
    let end = oldest
    const records = gaps.map((gap) => {
      end += gap + 1
      return recordAt(end - 1)
    })
    return { records, oldest: records[0]?.offset ?? end, end }
  })
  const eventLog: Pick<EventLog, 'ends' | 'read'> = {
    ends: async () => partitions.map(({ end }) => end),
    async read(_topic, { partition, offset, countMax }) {
      const found = partitions[partition]
      if (found === undefined) return undefined
      const later = found.records.filter((one) => one.offset >= offset)
      return { ...found, records: later.slice(0, countMax) }
    },
  }
  const newestFirst = partitions
    .flatMap(({ records }, partition) => records.map(({ offset }) => [partition, offset] as const))
    .sort(([onePartition, one], [otherPartition, other]) => {
      return other - one || onePartition - otherPartition
    })
    .map(([partition, offset]) => [partition, offset])
  return { eventLog, newestFirst }
}

/** Appended when its offset says. */
function recordAt(offset: number): LogRecord {
  return { offset, key: null, value: new Uint8Array(1), headers: [], timestampMs: offset }
}
