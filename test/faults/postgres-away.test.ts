import { afterAll, beforeAll, expect, test } from 'bun:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Code } from '@connectrpc/connect'
import type { Backend } from '@marquee/testing/backends/backend'
import { startKafka } from '@marquee/testing/backends/kafka'
import { startPostgres } from '@marquee/testing/backends/postgres'
import { installed } from '@marquee/testing/backends/shared'
import { failureOf } from '@marquee/testing/failure-of'
import { describeWith } from '@marquee/testing/requirements'
import { waitFor } from '@marquee/testing/wait-for'
import { startService } from '../system/service-process.ts'
import { createExpectedRatings } from './expected-ratings.ts'
import { everythingCommitted, openKafkaRatings } from './kafka-ratings.ts'
import { expectWritten, startCallers } from './rating-callers.ts'
import {
  everythingApplied,
  ratingClient,
  readAggregates,
  readMetric,
  readProblem,
} from './rating-process.ts'
import { produceEvents } from './rating-producer.ts'
import { createSeededRandom, faultSeed } from './seeded-random.ts'

const testTimeoutMs = 120_000
const brokerTimeoutMs = 60_000
const noticeTimeoutMs = 30_000
const record = { recordType: 'movie', recordId: 'record-0' }

describeWith(installed('kafka'), 'rating on Kafka', () => {
  let broker: Backend
  beforeAll(async () => {
    broker = await startKafka()
  }, brokerTimeoutMs)
  afterAll(() => broker?.[Symbol.asyncDispose](), brokerTimeoutMs)

  describeWith(installed('postgres'), 'and Postgres, when that', () => {
    test(
      'rating counts everything once when its Postgres is killed, then stopped, and restarted each time',
      async () => {
        const seed = faultSeed('Postgres away')
        const random = createSeededRandom(seed)
        await using postgres = await startPostgres()
        await using ratings = await openKafkaRatings(broker.address)
        const args = [...ratings.args, '--database-url', postgres.address]
        await using rating = await startService({ service: 'rating', args })
        const { url } = rating
        const client = ratingClient(url)
        const expected = createExpectedRatings()
        await everythingApplied(ratings.append, client, expected)
        const stop = new AbortController()
        const producing = produceEvents({ ...ratings, expected, random, signal: stop.signal })
        const calling = startCallers(client, { count: 3, seed, signal: stop.signal })

        for (const end of ['kill', 'stop'] as const) {
          await delay(random.integer(300, 1_000))
          await postgres[end]()
          await waitFor(() => readProblem(url), {
            what: 'the process to say that it is not ready',
            timeoutMs: noticeTimeoutMs,
          })
          await expectUnavailable(url)
          await postgres.start()
          await waitFor(async () => (await readProblem(url)) === undefined, {
            what: 'the process to be ready again',
            timeoutMs: noticeTimeoutMs,
          })
        }
        await delay(random.integer(300, 1_000))
        stop.abort()
        const eventCount = await producing
        const written = await calling

        await everythingApplied(ratings.append, client, expected)
        await everythingCommitted(ratings)
        await expectWritten(client, written, expected)
        expect(await readAggregates(client)).toMatchObject(expected.aggregates())
        const codes = new Set(written.flatMap((one) => [...one.codes]))
        expect([...codes]).toEqual([Code.Unavailable])
        // The process did not restart, and its consumer did not fail.
        expect(await readMetric(url, 'marquee_ingest_changes_total')).toBeGreaterThan(eventCount)
        expect(await readMetric(url, 'marquee_ingest_restarts_total')).toBe(0)
      },
      testTimeoutMs,
    )
  })
})

/** Expects UNAVAILABLE for a read and a write, by RPC and by REST. */
async function expectUnavailable(url: string): Promise<void> {
  const client = ratingClient(url)
  const [read, write, get, put] = await Promise.all([
    failureOf(client.getAggregatedRating(record)),
    failureOf(client.putRating({ ...record, userId: 'refused', value: 3 })),
    fetch(`${url}/rating?type=movie&id=record-0`),
    fetch(`${url}/rating?type=movie&id=record-0&userId=refused&value=3`, { method: 'PUT' }),
  ])
  expect([read.code, write.code]).toEqual([Code.Unavailable, Code.Unavailable])
  expect([get.status, put.status]).toEqual([503, 503])
}
