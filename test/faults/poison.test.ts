import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { deadLetterHeaders, splitDeadLetter } from '@marquee/event-log/dead-letter'
import type { LogRecord, NewRecord } from '@marquee/event-log/port'
import { textHeader } from '@marquee/event-log/record-headers'
import type { Backend } from '@marquee/testing/backends/backend'
import { startKafka } from '@marquee/testing/backends/kafka'
import { installed } from '@marquee/testing/backends/shared'
import { describeWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { DeadLetterService } from '../../gen/system/v1/system_pb.ts'
import { startService } from '../system/service-process.ts'
import { readDeadLetters, replayDeadLetters } from './dead-letters.ts'
import { createExpectedRatings } from './expected-ratings.ts'
import { openKafkaRatings } from './kafka-ratings.ts'
import { randomRecordId, recordIds, toRecord } from './rating-events.ts'
import { everythingApplied, ratingClient, readAggregates, readMetric } from './rating-process.ts'
import { createSeededRandom, faultSeed } from './seeded-random.ts'

const goodCount = 100_000
const poisonCount = 1_000
const fixedCount = 10
const appendCount = 10_000
/** Default maximum of a broker for a batch of one record. */
const messageBytesMax = 1_048_588
const testTimeoutMs = 120_000
const brokerTimeoutMs = 60_000
const encoder = new TextEncoder()

describeWith(installed('kafka'), 'among rating events in Kafka', () => {
  let broker: Backend
  beforeAll(async () => {
    broker = await startKafka()
  }, brokerTimeoutMs)
  afterAll(() => broker?.[Symbol.asyncDispose](), brokerTimeoutMs)

  test(
    '1,000 poison events become dead letters, 100,000 others count, and a replay appends each once',
    async () => {
      const random = createSeededRandom(faultSeed('poison'))
      await using folder = await temporaryFolder()
      await using ratings = await openKafkaRatings(broker.address)
      const database = `sqlite:${join(folder.path, 'ratings.db')}`
      const args = [...ratings.args, '--database-url', database]
      await using rating = await startService({ service: 'rating', args })
      const client = ratingClient(rating.url)
      const expected = createExpectedRatings()
      const poison: NewRecord[] = []
      let records: NewRecord[] = []
      for (let n = 0; n < goodCount; n++) {
        const event = {
          recordId: randomRecordId(random),
          userId: `user-${n}`,
          value: random.integer(1, 10) / 2,
        }
        records.push(toRecord(event))
        expected.set(event.recordId, event.userId, event.value)
        if (n % (goodCount / poisonCount) === 0) {
          const bad = poisonRecord(poison.length)
          poison.push(bad)
          records.push(bad)
        }
        if (records.length >= appendCount || n === goodCount - 1) {
          await ratings.append(records)
          records = []
        }
      }
      await everythingApplied(ratings.append, client, expected)
      expect(await readAggregates(client)).toMatchObject(expected.aggregates())
      const letters = await readDeadLetters(ratings.eventLog)
      expect(letters.map(contentOf).toSorted()).toEqual(poison.map(contentOf).toSorted())
      expect(new Set(letters.map(sourceOf)).size).toBe(poisonCount)
      expect(await listSources(rating.url)).toEqual(letters.map(sourceOf).toSorted())

      expect(await replayDeadLetters(broker.address)).toBe(poisonCount)
      await everythingApplied(ratings.append, client, expected)
      const twice = [...poison, ...poison]
      const again = await readDeadLetters(ratings.eventLog)
      expect(again.map(contentOf).toSorted()).toEqual(twice.map(contentOf).toSorted())
      expect(new Set(again.map(sourceOf)).size).toBe(2 * poisonCount)

      const fixed = recordIds.slice(0, fixedCount).map((recordId) => {
        return { recordId, userId: 'fixed', value: 5 }
      })
      const headers = [
        textHeader(deadLetterHeaders.reason, 'was so'),
        textHeader(deadLetterHeaders.topic, 'ratings'),
      ]
      const fixedLetters = fixed.map((event) => ({ ...toRecord(event), headers }))
      await ratings.eventLog.append('ratings.dlq', fixedLetters)
      for (const { recordId, userId, value } of fixed) expected.set(recordId, userId, value)
      expect(await replayDeadLetters(broker.address)).toBe(poisonCount + fixedCount)
      await everythingApplied(ratings.append, client, expected)
      expect(await readAggregates(client)).toMatchObject(expected.aggregates())
      expect(await readMetric(rating.url, 'marquee_ingest_dead_letters_total')).toBe(
        3 * poisonCount,
      )
    },
    testTimeoutMs,
  )

  test(
    'a poison event of the maximum size becomes a dead letter without its value, and the others count',
    async () => {
      await using folder = await temporaryFolder()
      await using ratings = await openKafkaRatings(broker.address)
      const database = `sqlite:${join(folder.path, 'ratings.db')}`
      const args = [...ratings.args, '--database-url', database]
      await using rating = await startService({ service: 'rating', args })
      const client = ratingClient(rating.url)
      const expected = createExpectedRatings()
      const key = recordIds[0] ?? ''
      // The broker counts about 90 bytes beside the value, so the record with headers would be too
      // large.
      const value = new Uint8Array(messageBytesMax - 100)
      await ratings.append([{ key, value }])
      await everythingApplied(ratings.append, client, expected)
      expect(await readAggregates(client)).toMatchObject(expected.aggregates())
      const [letter, ...others] = await readDeadLetters(ratings.eventLog)
      expect(others).toEqual([])
      expect(letter).toMatchObject({ key: null, value: null })
      expect(splitDeadLetter(letter?.headers ?? []).own).toMatchObject({
        omitted: String(value.length),
        topic: 'ratings',
        offset: '0',
        reason: expect.stringContaining('it must have at most'),
      })
      expect(await readMetric(rating.url, 'marquee_ingest_restarts_total')).toBe(0)
    },
    testTimeoutMs,
  )
})

/** Returns an event that is broken in one of several ways, with a different number each time. */
/** Returns the sources of all dead letters that the service lists, page by page. */
async function listSources(baseUrl: string): Promise<string[]> {
  const client = createClient(DeadLetterService, createConnectTransport({ baseUrl }))
  const sources: string[] = []
  let pageToken = ''
  do {
    const page = await client.listDeadLetters({ pageSize: 100, pageToken })
    for (const { sourcePartition, sourceOffset } of page.deadLetters) {
      sources.push(`${sourcePartition}/${sourceOffset}`)
    }
    pageToken = page.nextPageToken
  } while (pageToken !== '')
  return sources.toSorted()
}

function poisonRecord(n: number): NewRecord {
  const key = recordIds[n % recordIds.length] ?? ''
  const event = { userId: `poison-${n}`, recordId: key, recordType: 'movie', eventType: 'put' }
  const values = [
    encoder.encode(`not JSON ${n}`),
    encoder.encode(JSON.stringify({ ...event, value: 9 })),
    encoder.encode(JSON.stringify({ ...event, value: 3, recordId: '' })),
    encoder.encode(JSON.stringify({ ...event, value: 3, eventType: 'shrug' })),
    Uint8Array.from([0xff, ...encoder.encode(`not UTF-8 ${n}`)]),
  ]
  return { key, value: values[n % values.length] ?? new Uint8Array() }
}

function contentOf({ key, value }: NewRecord): string {
  return `${key && Buffer.from(key)} ${value && Buffer.from(value).toString('latin1')}`
}

function sourceOf({ headers }: LogRecord): string {
  const { own, original } = splitDeadLetter(headers)
  expect(original).toEqual([])
  expect(own).toEqual({
    reason: expect.stringMatching(/./),
    topic: 'ratings',
    partition: expect.stringMatching(/^\d+$/),
    offset: expect.stringMatching(/^\d+$/),
  })
  return `${own.partition}/${own.offset}`
}
