import type { Logger } from 'pino'
import type { Consumption, EventLog, EventLogCapabilities } from '../port.ts'
import { within } from '../wake-up.ts'
import { createKafkaClient, type KafkaAccess } from './client.ts'
import { registerCodecs } from './codecs.ts'
import { startConsumption } from './consumption.ts'
import { keepHeaders } from './headers.ts'
import { createKafkaIdentities } from './identity.ts'
import { createKafkaAppender } from './producer.ts'
import { createKafkaReader } from './reader.ts'
import { type GroupTiming, groupTiming } from './timing.ts'
import { createTopics, TopicError } from './topics.ts'

/** How long `consume` waits for an assignment before it leaves the waiting to the background, in milliseconds. */
const assignmentTimeoutMs = 10_000

export const kafkaCapabilities: EventLogCapabilities = {
  durable: true,
  shared: 'network',
  partitions: true,
  ordering: 'key',
  groups: true,
}

export interface KafkaEventLogOptions extends KafkaAccess {
  /** How many partitions a topic gets that is made here. */
  readonly partitions: number
  readonly log: Logger
  readonly timing?: Partial<GroupTiming>
  /** Milliseconds since the Unix epoch. */
  readonly clock?: () => number
  /** 0 to 1, for the jitter of back-offs. */
  readonly random?: () => number
}

/**
 * The log in Kafka, by kafkajs.
 *
 * - A key's partition is the one that Java's clients give it too: murmur2 of its bytes. Offsets may have gaps.
 * - A record is appended once, by an idempotent producer with `acks=all`; the largest is the brokers' `message.max.bytes`.
 * - A consumer starts where `position` says, whatever its group has committed; what it commits is for other tools to see.
 * - Records of aborted transactions are not delivered. gzip, snappy, lz4 and zstd are read.
 * - A consumer that breaks, is not answered for 10 s, or polls nothing for 30 s, is started anew after 0.1 s, 0.2 s …
 *   10 s, jittered. A failed `handle` or `position` is repeated after the same times, and does not hold up other
 *   partitions.
 * - A consumer that is killed is missed after `sessionTimeoutMs`; one that hangs may, when it wakes, still be finishing a
 *   batch that another also has: what `handle` writes has to be guarded by its position.
 * - `read` asks the leader of the partition, and joins no group; it ends early at 8 MiB of values.
 * - Records that the log removed before they were read are told to `onError`, and passed over.
 */
export async function createKafkaEventLog(options: KafkaEventLogOptions): Promise<EventLog> {
  const { partitions, log, clock = Date.now, random = Math.random } = options
  const timing = { ...groupTiming, ...options.timing }
  registerCodecs()
  keepHeaders()
  const kafka = await createKafkaClient(options, log)
  const topics = createTopics(kafka, partitions)
  const identities = createKafkaIdentities(kafka)
  const appender = createKafkaAppender(kafka, topics)
  const reader = createKafkaReader(kafka, topics)
  const consumptions = new Set<Consumption>()
  let closing: Promise<void> | undefined

  async function close(): Promise<void> {
    const left = await Promise.allSettled(
      Array.from(consumptions, (consumption) => consumption[Symbol.asyncDispose]()),
    )
    isClosed = true
    await appender[Symbol.asyncDispose]()
    await reader[Symbol.asyncDispose]()
    await identities[Symbol.asyncDispose]()
    await topics[Symbol.asyncDispose]()
    const failed = left.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
  }
  let isClosed = false

  return {
    capabilities: kafkaCapabilities,
    async append(topic, records) {
      if (isClosed) throw new Error('the event log is closed')
      if (records.length > 0) await appender.append(topic, records)
    },
    async identity(topic) {
      if (isClosed) throw new Error('the event log is closed')
      await topics.ensure(topic)
      return await identities.read(topic)
    },
    async ends(topic) {
      if (isClosed) throw new Error('the event log is closed')
      await topics.ensure(topic)
      const bounds = await topics.bounds(topic)
      return Array.from({ length: bounds.size }, (_, partition) => bounds.get(partition)?.end ?? 0)
    },
    async read(topic, readOptions) {
      if (isClosed) throw new Error('the event log is closed')
      requireCount('countMax', readOptions.countMax)
      return await reader.read(topic, readOptions)
    },
    async consume(consumeOptions) {
      if (closing) throw new Error('the event log is closed')
      requireCount('batchSizeMax', consumeOptions.batchSizeMax)
      await topics.ensure(consumeOptions.topic).catch(onlyIfFinal)
      const onCommitError = (err: Error) => log.warn({ err }, 'offsets were not committed')
      const options = consumeOptions
      const tools = { kafka, topics, identities, timing, clock, random }
      const consumption = startConsumption({ ...tools, options, onCommitError })
      consumptions.add(consumption)
      await within(consumption.assigned, assignmentTimeoutMs)
      return consumption
    },
    [Symbol.asyncDispose]() {
      closing ??= close()
      return closing
    },
  }
}

function requireCount(name: string, count: number): void {
  if (Number.isInteger(count) && count >= 1) return
  throw new RangeError(`${name} is ${count}; it has to be 1 or more`)
}

/** What trying again mends is left to the consumption, which does. */
function onlyIfFinal(error: Error): void {
  if (error instanceof TopicError || error.name === 'KafkaJSSASLAuthenticationError') throw error
}
