import { afterAll, beforeAll, expect, test } from 'bun:test'
import { execFileSync } from 'node:child_process'
import type { Backend } from '@marquee/testing/backends/backend'
import { startKafka } from '@marquee/testing/backends/kafka'
import { installed } from '@marquee/testing/backends/shared'
import { describeWith } from '@marquee/testing/requirements'
import { tool } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { startService } from '../system/service-process.ts'
import { everythingCommitted, openKafkaRatings } from './kafka-ratings.ts'
import { ratingClient, readMetric, readPartitions } from './rating-process.ts'

const testTimeoutMs = 60_000
const brokerTimeoutMs = 60_000

const event =
  '{"userId":"105","recordId":"1","recordType":"movie","value":5,"providerId":"test-provider","eventType":"put"}'
const withMore = event
  .replace('"105"', '"106"')
  .replace('}', ',"value2":[1,{"deep":null}],"device":"tv","producedBy":"a later version"}')
const taken = event.replace('"105"', '"107"')
const takenBack = taken.replace('"put"', '"delete"')

describeWith(installed('kafka'), 'events that the ancestor writes to Kafka', () => {
  describeWith(tool('kcat'), 'sent by another client,', (kcat) => {
    let broker: Backend
    beforeAll(async () => {
      broker = await startKafka()
    }, brokerTimeoutMs)
    afterAll(() => broker?.[Symbol.asyncDispose](), brokerTimeoutMs)

    function produce(lines: readonly string[], ...args: string[]): void {
      const all = ['-P', '-b', broker.address, '-t', 'ratings', ...args]
      execFileSync(kcat, all, { input: lines.join('\n') })
    }

    test.each([
      ['keyed by record', ['-k', '1']],
      ['without a key', []],
      ['without a key, to a partition of their own choice', ['-p', '2']],
    ])(
      '%s, count as they are, also with fields that nobody knows',
      async (_, args) => {
        await using ratings = await openKafkaRatings(broker.address)
        const database = ['--database-url', 'memory:']
        await using rating = await startService({
          service: 'rating',
          args: [...ratings.args, ...database],
        })
        const { url } = rating
        // One process has all the partitions, and reports the lag of each.
        await waitFor(async () => (await readPartitions(url)).toSorted().join() === '0,1,2,3', {
          what: 'every partition to be read',
        })
        // Events without a key may overtake each other, so the last event is sent when the others
        // are applied.
        produce([event, withMore, taken], ...args)
        const applied = (count: number) =>
          waitFor(async () => (await readMetric(url, 'marquee_ingest_changes_total')) === count, {
            what: `${count} events to be applied`,
          })
        await applied(3)
        produce([takenBack], ...args)
        await applied(4)
        const record = { recordId: '1', recordType: 'movie' }
        const { aggregatedRating } = await ratingClient(url).getAggregatedRating(record)
        expect(aggregatedRating).toMatchObject({ count: 2n, mean: 5 })
        await everythingCommitted(ratings)
        expect(await readMetric(url, 'marquee_ingest_lag_events')).toBe(0)
        expect(await readMetric(url, 'marquee_ingest_dead_letters_total')).toBe(0)
      },
      testTimeoutMs,
    )
  })
})
