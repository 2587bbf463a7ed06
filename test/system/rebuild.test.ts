import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { openEventLog } from '@marquee/event-log/open'
import type { EventLog } from '@marquee/event-log/port'
import { startKafka } from '@marquee/testing/backends/kafka'
import { startPostgres } from '@marquee/testing/backends/postgres'
import { installed } from '@marquee/testing/backends/shared'
import { postgresDatabases } from '@marquee/testing/postgres-databases'
import { type Program, spawnProgram } from '@marquee/testing/process'
import { describeWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { waitFor } from '@marquee/testing/wait-for'
import { pino } from 'pino'
import { openKafkaRatings } from '../faults/kafka-ratings.ts'
import { type RatingClient, ratingClient, readMetric } from '../faults/rating-process.ts'
import { type ServiceProcess, startService } from './service-process.ts'

const testTimeoutMs = 90_000
const ids = Array.from({ length: 20 }, (_, index) => `record-${index}`)
const users = Array.from({ length: 10 }, (_, index) => `user-${index}`)

interface Setting {
  /** Databases of the service before and after. */
  readonly databases: readonly [string, string]
  /** Flags of the event log. */
  readonly args: readonly string[]
  readonly eventLog: EventLog
}

/** Writes by RPC and by events, and deletes some. */
async function write(client: RatingClient, eventLog: EventLog): Promise<void> {
  for (const [index, recordId] of ids.entries()) {
    for (const [place, userId] of users.entries()) {
      const value = (((index + 1) * (place + 3)) % 10) / 2 + 0.5
      await client.putRating({ recordType: 'movie', recordId, userId, value })
    }
  }
  const name = { recordType: 'movie', recordId: 'record-0' }
  for (const userId of users) await client.deleteRating({ ...name, userId })
  const events = ids.slice(1).map((recordId) => ({
    key: recordId,
    value: Buffer.from(
      JSON.stringify({ ...name, recordId, userId: 'event', value: 3, eventType: 'put' }),
    ),
  }))
  await eventLog.append('ratings', events)
  const last = { recordType: 'movie', recordId: 'record-19', userId: 'event' }
  for (const recordId of ids.slice(1)) {
    await waitFor(
      () =>
        client.getRating({ ...last, recordId }).then(
          () => true,
          () => false,
        ),
      { what: `the event of ${recordId}` },
    )
  }
  // Later than its event: it would be lost when events were applied again.
  await client.putRating({ ...last, value: 0.5 })
}

/** Returns all that a client can read. */
async function readAll(client: RatingClient) {
  const records = ids.map((recordId) => ({ recordType: 'movie', recordId }))
  const { aggregatedRatings } = await client.batchGetAggregatedRatings({ records })
  const ratings = []
  for (const record of records) {
    for (const userId of [...users, 'event']) {
      const found = await client.getRating({ ...record, userId }).catch(() => undefined)
      ratings.push(found?.rating)
    }
  }
  const request = { recordType: 'movie', pageSize: 100 }
  const top = await client.listTopRated(request)
  return { aggregatedRatings, ratings, top: top.aggregatedRatings }
}

async function stop({ program }: ServiceProcess): Promise<void> {
  program.kill()
  expect(await program.exited).toMatchObject({ code: 0 })
}

async function everythingPublished({ url }: ServiceProcess, eventLog: EventLog): Promise<void> {
  let before = ''
  await waitFor(
    async () => {
      const ends = [await eventLog.ends('rating-aggregates'), await eventLog.ends('rating-changes')]
      const isSame = before === JSON.stringify(ends)
      before = JSON.stringify(ends)
      return isSame && (await readMetric(url, 'marquee_feed_outbox_bytes')) === 0
    },
    { what: 'the changes to be published', timeoutMs: 20_000, intervalMs: 2_500 },
  )
}

function rebuild(args: readonly string[]): Promise<Program> {
  return spawnProgram({ runtime: 'bun', entry: 'producers/rebuild.ts', args })
}

async function expectRebuilt({ databases: [from, to], args, eventLog }: Setting): Promise<void> {
  const rating = (database: string) =>
    startService({ service: 'rating', args: [...args, '--database-url', database] })
  await using first = await rating(from)
  await write(ratingClient(first.url), eventLog)
  await everythingPublished(first, eventLog)
  const expected = await readAll(ratingClient(first.url))
  await stop(first)

  await using program = await rebuild([...args, '--database-url', to])
  const exit = await program.exited
  expect({ exit, stderr: program.stderr() }).toMatchObject({ exit: { code: 0 } })
  expect(program.stdout()).toMatch(/differing +0/)
  await using again = await rebuild([...args, '--database-url', to])
  expect(await again.exited).toMatchObject({ code: 1 })
  expect(again.stderr()).toBe('rebuild: the database has ratings: give an empty one\n')

  await using second = await rating(to)
  const client = ratingClient(second.url)
  expect(await readAll(client)).toEqual(expected)
  const event = { recordId: 'record-1', userId: 'new', recordType: 'movie', value: 5 }
  const value = Buffer.from(JSON.stringify({ ...event, eventType: 'put' }))
  await eventLog.append('ratings', [{ key: 'record-1', value }])
  await waitFor(
    () =>
      client.getRating(event).then(
        () => true,
        () => false,
      ),
    { what: 'an event' },
  )
  expect(await readMetric(second.url, 'marquee_ingest_changes_total')).toBe(1)
}

test(
  'a service on a rebuilt file gives the same responses, and goes on with the events',
  async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'events.db')
    const log = pino({ level: 'silent' })
    await using eventLog = await openEventLog({ kind: 'embedded', path, partitions: 4 }, log)
    const [from, to] = ['from', 'to'].map((name) => `sqlite:${join(folder.path, `${name}.db`)}`)
    const databases = [from as string, to as string] as const
    await expectRebuilt({ databases, args: ['--event-log', path], eventLog })
  },
  testTimeoutMs,
)

describeWith(installed('kafka'), 'rebuilding from Kafka', () => {
  describeWith(installed('postgres'), 'into PostgreSQL', () => {
    test(
      'a service on a rebuilt PostgreSQL database gives the same responses',
      async () => {
        await using kafka = await startKafka()
        await using postgres = await startPostgres()
        await using databases = postgresDatabases(postgres.address)
        await using ratings = await openKafkaRatings(kafka.address)
        const urls = [await databases.create(), await databases.create()] as const
        const { args, eventLog } = ratings
        await expectRebuilt({ databases: urls, args, eventLog })
      },
      testTimeoutMs,
    )
  })
})
