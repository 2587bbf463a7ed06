import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import type { Backend } from '@marquee/testing/backends/backend'
import { startKafka } from '@marquee/testing/backends/kafka'
import { installed } from '@marquee/testing/backends/shared'
import { describeWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { waitFor } from '@marquee/testing/wait-for'
import { startService } from '../system/service-process.ts'
import { createExpectedRatings } from './expected-ratings.ts'
import { everythingCommitted, openKafkaRatings } from './kafka-ratings.ts'
import {
  everythingApplied,
  probeCalls,
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

describeWith(installed('kafka'), 'rating, when its Kafka', () => {
  let broker: Backend
  beforeAll(async () => {
    broker = await startKafka()
  }, brokerTimeoutMs)
  afterAll(() => broker?.[Symbol.asyncDispose](), brokerTimeoutMs)

  test(
    'rating continues and counts everything once when its broker is killed and restarted twice',
    () =>
      goesOn(broker, 'Kafka killed', { times: 2, restartsMin: 2 }, async (noticed) => {
        await broker.kill()
        await noticed()
        await broker.start()
      }),
    testTimeoutMs,
  )

  test(
    'rating detects a frozen broker, continues when it thaws, and counts everything once',
    () =>
      goesOn(broker, 'Kafka frozen', { times: 1, restartsMin: 0 }, async (noticed) => {
        using _ = freeze(broker)
        await noticed()
      }),
    testTimeoutMs,
  )
})

/**
 * @param restartsMin Minimum restarts of the consumer. 0 where the broker keeps its connections: a
 *   request for the identity of the log may detect the fault first.
 * @param fault Makes the broker unavailable, and restores it when the rating process has noticed.
 */
async function goesOn(
  broker: Backend,
  name: string,
  { times, restartsMin }: { readonly times: number; readonly restartsMin: number },
  fault: (noticed: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const random = createSeededRandom(faultSeed(name))
  await using folder = await temporaryFolder()
  await using ratings = await openKafkaRatings(broker.address)
  const database = `sqlite:${join(folder.path, 'ratings.db')}`
  const args = [...ratings.args, '--database-url', database]
  await using rating = await startService({ service: 'rating', args })
  const { url } = rating
  const client = ratingClient(url)
  const expected = createExpectedRatings()
  await everythingApplied(ratings.append, client, expected)
  const probe = probeCalls(url, 'record-0')
  const stop = new AbortController()
  const producing = produceEvents({ ...ratings, expected, random, signal: stop.signal })

  const noticed = () =>
    waitFor(async () => (await readProblem(url))?.includes('events cannot be applied'), {
      what: 'the process to say that it is not ready',
      timeoutMs: noticeTimeoutMs,
    })
  for (let time = 0; time < times; time++) {
    await delay(random.integer(300, 1_000))
    await fault(noticed)
    await waitFor(async () => (await readProblem(url)) === undefined, {
      what: 'the process to be ready again',
      timeoutMs: noticeTimeoutMs,
    })
  }
  await delay(random.integer(300, 1_000))
  stop.abort()
  const eventCount = await producing

  await everythingApplied(ratings.append, client, expected)
  await everythingCommitted(ratings)
  const { count, failures } = await probe.stop()
  expect(failures).toEqual([])
  expect(count).toBeGreaterThan(100)
  expect(await readAggregates(client)).toMatchObject(expected.aggregates())
  // The process did not restart.
  expect(await readMetric(url, 'marquee_ingest_restarts_total')).toBeGreaterThanOrEqual(restartsMin)
  expect(await readMetric(url, 'marquee_ingest_changes_total')).toBeGreaterThan(eventCount)
  expect(await readMetric(url, 'marquee_ingest_lag_events')).toBe(0)
}

/** Stops the process until it is disposed. Its connections stay open without a response. */
function freeze({ pid = 0 }: Backend): Disposable {
  process.kill(pid, 'SIGSTOP')
  return { [Symbol.dispose]: () => void process.kill(pid, 'SIGCONT') }
}
