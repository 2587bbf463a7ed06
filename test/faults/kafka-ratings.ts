import { setTimeout as delay } from 'node:timers/promises'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { pino } from 'pino'
import { createKafkaEventLog } from '../../platform/event-log/kafka.ts'
import type { EventLog } from '../../platform/event-log/port.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { Append } from './rating-producer.ts'

export const partitionCount = 4

/** How long an append is tried again, and a client waits for a broker, in milliseconds. */
const patienceMs = 60_000

/** The rating events in a Kafka of a test's own, as their producers and operators have to do with them. */
export interface KafkaRatings extends AsyncDisposable {
  readonly eventLog: EventLog
  /**
   * Appends the same again until it is acknowledged. What comes after waits, so that records that are there twice are
   * there twice as a whole run: repeated puts and deletes of one rating end like the first.
   */
  readonly append: Append
  readonly admin: Admin
  /** How often an append was not acknowledged. */
  failedAppends(): number
}

export async function openKafkaRatings(broker: string): Promise<KafkaRatings> {
  await using opened = new AsyncDisposableStack()
  const log = pino({ level: 'silent' })
  const eventLog = opened.use(
    await createKafkaEventLog({ brokers: [broker], partitions: partitionCount, log }),
  )
  const admin = createAdmin(broker)
  await admin.connect()
  opened.defer(() => admin.disconnect())
  let failed = 0

  async function append(records: Parameters<Append>[0]): Promise<void> {
    const deadlineMs = performance.now() + patienceMs
    for (;;) {
      try {
        return await eventLog.append('ratings', records)
      } catch (error) {
        failed += 1
        if (performance.now() > deadlineMs) throw error
        await delay(100)
      }
    }
  }

  const resources = opened.move()
  return {
    eventLog,
    append,
    admin,
    failedAppends: () => failed,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

function createAdmin(broker: string): Admin {
  return new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).admin()
}

/** What the group `rating` has committed for each partition of the topic. */
export async function committedOffsets({ admin }: KafkaRatings): Promise<number[]> {
  const [topic] = await admin.fetchOffsets({ groupId: 'rating', topics: ['ratings'] })
  const partitions = topic?.partitions ?? []
  return partitions
    .toSorted((a, b) => a.partition - b.partition)
    .map(({ offset }) => Number(offset))
}

/** Resolves when the group has committed all there is: then a lag of none shows in other tools. */
export async function everythingCommitted(ratings: KafkaRatings): Promise<void> {
  const ends = await ratings.eventLog.ends('ratings')
  await waitFor(async () => (await committedOffsets(ratings)).join() === ends.join(), {
    what: `the group to have committed ${ends}`,
  })
}
