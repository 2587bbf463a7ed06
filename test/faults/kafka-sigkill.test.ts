import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Backend } from '@marquee/testing/backends/backend'
import { startKafka } from '@marquee/testing/backends/kafka'
import { installed } from '@marquee/testing/backends/shared'
import { freePorts } from '@marquee/testing/free-ports'
import { describeWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { waitFor } from '@marquee/testing/wait-for'
import { spawnService, startService } from '../system/service-process.ts'
import { createExpectedRatings } from './expected-ratings.ts'
import {
  committedOffsets,
  everythingCommitted,
  openKafkaRatings,
  partitionCount,
  soonMissed,
} from './kafka-ratings.ts'
import { expectWritten, startCallers } from './rating-callers.ts'
import { recordIds } from './rating-events.ts'
import { everythingApplied, ratingClient, readAggregates, readMetric } from './rating-process.ts'
import { produceEvents } from './rating-producer.ts'
import { createSeededRandom, faultSeed } from './seeded-random.ts'

const killCount = { early: 4, applying: 8 }
const lifetimeMs = { early: { min: 100, max: 1_500 }, applying: { min: 0, max: 300 } }
const testTimeoutMs = 120_000
const brokerTimeoutMs = 60_000

describeWith(installed('kafka'), 'rating on Kafka and SQLite', () => {
  let broker: Backend
  beforeAll(async () => {
    broker = await startKafka(soonMissed.broker)
  }, brokerTimeoutMs)
  afterAll(() => broker?.[Symbol.asyncDispose](), brokerTimeoutMs)

  test(
    'rating is killed 12 times while events stream in, and loses nothing and counts nothing twice',
    async () => {
      const seed = faultSeed('rating on Kafka under SIGKILL')
      const random = createSeededRandom(seed)
      await using folder = await temporaryFolder()
      await using ratings = await openKafkaRatings(broker.address)
      const [port = 0] = await freePorts(1)
      const url = `http://127.0.0.1:${port}`
      const database = `sqlite:${join(folder.path, 'ratings.db')}`
      const args = [...ratings.args, ...soonMissed.args, '--database-url', database]
      const rating = { service: 'rating', port, args } as const
      const client = ratingClient(url)
      const expected = createExpectedRatings()
      const stop = new AbortController()
      const producing = produceEvents({ ...ratings, expected, random, signal: stop.signal })
      const calling = startCallers(client, { count: 3, seed, signal: stop.signal })
      const changesApplied = () => readMetric(url, 'marquee_ingest_changes_total')

      async function killOne(moment: keyof typeof lifetimeMs): Promise<void> {
        await using program = await spawnService(rating)
        if (moment === 'applying') {
          const wait = { what: 'events to be applied', timeoutMs: 30_000 }
          await waitFor(async () => (await changesApplied()) > 0, wait)
        }
        const { min, max } = lifetimeMs[moment]
        await delay(random.integer(min, max))
        program.kill('SIGKILL')
        expect(await program.exited).toMatchObject({ signal: 'SIGKILL' })
      }

      try {
        for (let round = 0; round < killCount.early; round++) {
          await killOne('early')
          for (let n = 0; n < killCount.applying / killCount.early; n++) await killOne('applying')
        }
      } finally {
        stop.abort()
      }
      const eventCount = await producing
      const written = await calling

      await using last = await startService(rating)
      await everythingApplied(ratings.append, client, expected)
      await everythingCommitted(ratings)
      await expectWritten(client, written, expected)
      expect(await readAggregates(client)).toMatchObject(expected.aggregates())
      // The killed processes applied events too, and were not killed before they could.
      expect(await readMetric(last.url, 'marquee_ingest_changes_total')).toBeLessThan(
        eventCount / 2,
      )
    },
    testTimeoutMs,
  )

  test(
    'rating continues from the position of its store when the group has committed less, more, or nothing',
    async () => {
      const random = createSeededRandom(faultSeed('offsets of the group moved'))
      await using folder = await temporaryFolder()
      await using ratings = await openKafkaRatings(broker.address)
      const database = `sqlite:${join(folder.path, 'ratings.db')}`
      const rating = {
        service: 'rating',
        args: [...ratings.args, '--database-url', database],
      } as const
      const expected = createExpectedRatings()

      /** Runs the process until all is applied, then changes a rating of each record by RPC. */
      async function live(): Promise<void> {
        await using process = await startService(rating)
        const client = ratingClient(process.url)
        const userId = await everythingApplied(ratings.append, client, expected)
        await everythingCommitted(ratings)
        expect(await readAggregates(client)).toMatchObject(expected.aggregates())
        for (const recordId of recordIds) {
          // Applying the last event again would undo this.
          await client.putRating({ recordId, recordType: 'movie', userId, value: 1 })
          expected.set(recordId, userId, 1)
        }
        expect(await readAggregates(client)).toMatchObject(expected.aggregates())
        process.program.kill()
        expect(await process.program.exited).toEqual({ code: 0, signal: null })
      }

      await live()
      const { eventLog, admin } = ratings
      const moves = [
        () => ratings.commit(Array(partitionCount).fill(0)),
        async () => ratings.commit(await eventLog.ends('ratings')),
        () => admin.deleteGroups(['rating']),
      ]
      for (const move of moves) {
        await produceEvents({ ...ratings, expected, random, signal: AbortSignal.timeout(200) })
        const before = await committedOffsets(ratings)
        await move()
        expect(await committedOffsets(ratings)).not.toEqual(before)
        await live()
      }
    },
    testTimeoutMs,
  )
})
