import { setTimeout as delay } from 'node:timers/promises'
import type { EventLog } from '@marquee/event-log/port'
import { waitFor } from '@marquee/testing/wait-for'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { pino } from 'pino'
import { createKafkaEventLog } from '../../packages/event-log/kafka/kafka.ts'
import type { Append } from './rating-producer.ts'

export const partitionCount = 4

/** Short sessions, so that a killed process is detected after 2 s. */
export const soonMissed = {
  broker: { properties: { 'group.min.session.timeout.ms': '1000' } },
  args: ['--kafka-session-timeout-ms', '2000'],
} as const

/** Time for retries of an append, in milliseconds. */
const patienceMs = 120_000

const groupId = 'rating'

/** Rating events in the Kafka of a test, from the side of producers and operators. */
export interface KafkaRatings extends AsyncDisposable {
  /** Arguments of a rating service that reads the events. */
  readonly args: readonly string[]
  readonly eventLog: EventLog
  readonly admin: Admin
  /**
   * Retries an append until it is acknowledged. Later appends wait, so that duplicates repeat as a
   * whole run: repeated puts and deletes of a rating then end like the first.
   */
  readonly append: Append
  /** Commits offsets for the group, by partition, as an operator can while nobody consumes. */
  commit(offsets: readonly number[]): Promise<void>
}

/** Opens empty topics: removes what an earlier test has left. */
export async function openKafkaRatings(broker: string): Promise<KafkaRatings> {
  await using opened = new AsyncDisposableStack()
  const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  opened.defer(() => admin.disconnect())
  await removeAll(admin)
  const log = pino({ level: 'silent' })
  const eventLog = opened.use(
    await createKafkaEventLog({ brokers: [broker], partitions: partitionCount, log }),
  )

  async function append(records: Parameters<Append>[0]): Promise<void> {
    const deadlineMs = performance.now() + patienceMs
    for (;;) {
      try {
        return await eventLog.append('ratings', records)
      } catch (error) {
        if (performance.now() > deadlineMs) throw error
        await delay(100)
      }
    }
  }

  const resources = opened.move()
  return {
    args: ['--kafka-brokers', broker, '--event-log-partitions', String(partitionCount)],
    eventLog,
    admin,
    append,
    commit: (offsets) => commit(kafka, offsets),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

async function removeAll(admin: Admin): Promise<void> {
  const topics = (await admin.listTopics()).filter((topic) => !topic.startsWith('__'))
  if (topics.length > 0) await admin.deleteTopics({ topics })
  const { groups } = await admin.listGroups()
  if (groups.length > 0) await admin.deleteGroups(groups.map((group) => group.groupId))
}

/** Returns the committed offset of the group for each partition, or -1 without one. */
export async function committedOffsets({ admin }: KafkaRatings): Promise<number[]> {
  const [topic] = await admin.fetchOffsets({ groupId, topics: ['ratings'] })
  const partitions = topic?.partitions ?? []
  return partitions
    .toSorted((a, b) => a.partition - b.partition)
    .map(({ offset }) => Number(offset))
}

/** Resolves when the group has committed everything, so that other tools show no lag. */
export async function everythingCommitted(ratings: KafkaRatings): Promise<void> {
  const ends = await ratings.eventLog.ends('ratings')
  await waitFor(async () => (await committedOffsets(ratings)).join() === ends.join(), {
    what: `the group to have committed ${ends}`,
  })
}

/** Commits as a member of the group. The admin client of kafkajs is one for 5 s. */
async function commit(kafka: Kafka, offsets: readonly number[]): Promise<void> {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 })
  const joined = Promise.withResolvers<void>()
  consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve())
  await consumer.connect()
  await consumer.subscribe({ topic: 'ratings' })
  await consumer.run({ autoCommit: false, eachBatch: async () => {} })
  await joined.promise
  const all = offsets.map((offset, partition) => ({ partition, offset: String(offset) }))
  await consumer.commitOffsets(all.map((one) => ({ topic: 'ratings', ...one })))
  await consumer.disconnect()
}
