import { test } from 'bun:test'
import { join } from 'node:path'
import { startKafka } from '@marquee/testing/backends/kafka'
import { startPostgres } from '@marquee/testing/backends/postgres'
import { installed } from '@marquee/testing/backends/shared'
import { postgresDatabases } from '@marquee/testing/postgres-databases'
import { describeWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { createEmbeddedEventLog } from '../../packages/event-log/embedded/embedded.ts'
import { expectFeedSurvives } from './feed-kills.ts'
import { openKafkaRatings, soonMissed } from './kafka-ratings.ts'
import type { Append } from './rating-producer.ts'
import { faultSeed } from './seeded-random.ts'

/** `FEED_KILLS=200` kills as often in each test. */
const configuredCount = Number(process.env.FEED_KILLS) || undefined
const killCount = {
  sqlite: configuredCount ?? 30,
  postgres: configuredCount ?? 6,
  kafka: configuredCount ?? 6,
}
const testTimeoutMs = 120_000 + (configuredCount ?? 6) * 15_000

test(
  'rating on SQLite is killed again and again, and consumers and watches end at its state',
  async () => {
    const seed = faultSeed('the feed under SIGKILL')
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'events.db')
    const database = `sqlite:${join(folder.path, 'ratings.db')}`
    await using eventLog = createEmbeddedEventLog({ path, partitions: 4 })
    const append: Append = (records) => eventLog.append('ratings', records)
    await expectFeedSurvives({
      seed,
      killCount: killCount.sqlite,
      args: ['--database-url', database, '--event-log', path],
      instanceCount: 1,
      backends: [],
      eventLog,
      append,
    })
  },
  testTimeoutMs,
)

describeWith(installed('postgres'), 'the feed of PostgreSQL', () => {
  test(
    'rating and its PostgreSQL are killed in turn, and consumers and watches end at the state',
    async () => {
      const seed = faultSeed('the feed of PostgreSQL under SIGKILL')
      await using folder = await temporaryFolder()
      const path = join(folder.path, 'events.db')
      await using postgres = await startPostgres()
      await using databases = postgresDatabases(postgres.address)
      await using eventLog = createEmbeddedEventLog({ path, partitions: 4 })
      const append: Append = (records) => eventLog.append('ratings', records)
      await expectFeedSurvives({
        seed,
        killCount: killCount.postgres,
        args: ['--database-url', await databases.create(), '--event-log', path],
        instanceCount: 1,
        backends: [postgres],
        eventLog,
        append,
      })
    },
    testTimeoutMs,
  )

  describeWith(installed('kafka'), 'in Kafka', () => {
    test(
      'two instances of rating, Kafka and PostgreSQL are killed in turn, and consumers and watches end at the state',
      async () => {
        const seed = faultSeed('the feed of PostgreSQL in Kafka under SIGKILL')
        await using kafka = await startKafka(soonMissed.broker)
        await using postgres = await startPostgres()
        await using databases = postgresDatabases(postgres.address)
        await using ratings = await openKafkaRatings(kafka.address)
        const { eventLog, append } = ratings
        await expectFeedSurvives({
          seed,
          killCount: killCount.kafka,
          args: [...ratings.args, ...soonMissed.args, '--database-url', await databases.create()],
          instanceCount: 2,
          backends: [kafka, postgres],
          eventLog,
          append,
        })
      },
      testTimeoutMs,
    )
  })
})
