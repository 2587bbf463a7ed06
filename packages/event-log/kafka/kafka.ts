import type { Logger } from 'pino'
import { countMatching } from '../count-matching.ts'
import type { Consumption, EventLog, EventLogCapabilities } from '../port.ts'
import { within } from '../wake-up.ts'
import { createKafkaClient, type KafkaAccess } from './client.ts'
import { registerCodecs } from './codecs.ts'
import { startConsumption } from './consumption.ts'
import { keepHeaders } from './headers.ts'
import { createKafkaIdentities } from './identity.ts'
import { createKafkaAppender } from './producer.ts'
import { createKafkaReader } from './reader.ts'
import { useSmallIntegers } from './small-integers.ts'
import { type GroupTiming, groupTiming } from './timing.ts'
import { TopicError } from './topic-error.ts'
import { createTopics } from './topics.ts'

/**
 * Time that `consume` waits for an assignment, in milliseconds. Afterwards the consumer keeps
 * trying in the background.
 */
const assignmentTimeoutMs = 10_000

export const kafkaCapabilities: EventLogCapabilities = {
  durable: true,
  shared: 'network',
  partitions: true,
  ordering: 'key',
  groups: true,
  erases: false,
}

export interface KafkaEventLogOptions extends KafkaAccess {
  /** Number of partitions of a topic that is created here. */
  readonly partitions: number
  readonly log: Logger
  readonly timing?: Partial<GroupTiming>
}

/**
 * Opens a log in Kafka, with kafkajs.
 *
 * - The partition of a key is the same as with Java's clients: murmur2 of its bytes. Offsets may
 *   have gaps.
 * - A record is appended once, by an idempotent producer with `acks=all`. The largest record is the
 *   brokers' `message.max.bytes`.
 * - A consumer starts at the result of `position`, whatever its group has committed. Commits are
 *   for other tools to see.
 * - Records of aborted transactions are not delivered. gzip, snappy, lz4 and zstd are supported.
 * - A consumer that fails, gets no response for 10 s, or polls nothing for 30 s, is restarted after
 *   0.1 s, 0.2 s … 10 s, with jitter. A failed `handle` or `position` is repeated after the same
 *   times, and does not delay other partitions.
 * - A killed consumer is replaced after `sessionTimeoutMs`. A consumer that hangs may later finish
 *   a batch that another one also handles: what `handle` writes must be guarded by its position.
 * - `read` fetches from the leader of the partition, without joining a group. It ends early at 8
 *   MiB of values.
 * - A policy is set by IncrementalAlterConfigs, which needs Kafka 2.3, and leaves all other
 *   configurations. "compact,delete" is left as it is. Kafka compacts and deletes whole segments, so
 *   records stay until their segment is closed.
 * - Records that the log removed before they were read are reported to `onError` and skipped.
 */
export async function createKafkaEventLog(options: KafkaEventLogOptions): Promise<EventLog> {
  const { partitions, log } = options
  const timing = { ...groupTiming, ...options.timing }
  registerCodecs()
  keepHeaders()
  useSmallIntegers()
  const kafka = await createKafkaClient(options, log)
  const topics = createTopics(kafka, partitions)
  const identities = createKafkaIdentities(kafka)
  const appender = createKafkaAppender(kafka, topics)
  const reader = createKafkaReader(kafka, topics)
  const consumptions = new Set<Consumption>()
  let closing: Promise<void> | undefined

  async function close(): Promise<void> {
    const results = await Promise.allSettled(
      Array.from(consumptions, (consumption) => consumption[Symbol.asyncDispose]()),
    )
    isClosed = true
    await appender[Symbol.asyncDispose]()
    await reader[Symbol.asyncDispose]()
    await identities[Symbol.asyncDispose]()
    await topics[Symbol.asyncDispose]()
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
  }
  let isClosed = false

  const eventLog: EventLog = {
    capabilities: kafkaCapabilities,
    async append(topic, records) {
      if (isClosed) throw new Error('the event log is closed')
      if (records.length > 0) await appender.append(topic, records)
    },
    async ensureTopic(topic, { cleanup }) {
      if (isClosed) throw new Error('the event log is closed')
      await topics.ensurePolicy(topic, cleanup)
    },
    async retention(topic) {
      if (isClosed) throw new Error('the event log is closed')
      await topics.ensure(topic)
      return await topics.retention(topic)
    },
    async erase(topic, matches, eraseOptions) {
      const remaining = await countMatching(eventLog, topic, matches, eraseOptions)
      return { removed: 0, remaining }
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
      const firstFailure = await topics.ensure(consumeOptions.topic).then(
        () => undefined,
        (error: Error) => {
          throwIfPermanent(error)
          consumeOptions.onError?.(error)
          return error
        },
      )
      const onCommitError = (err: Error) => log.warn({ err }, 'could not commit offsets')
      const options = consumeOptions
      const tools = { kafka, topics, identities, timing }
      const consumption = startConsumption({ ...tools, options, onCommitError, firstFailure })
      consumptions.add(consumption)
      await within(consumption.assigned, assignmentTimeoutMs)
      return consumption
    },
    [Symbol.asyncDispose]() {
      closing ??= close()
      return closing
    },
  }
  return eventLog
}

function requireCount(name: string, count: number): void {
  if (Number.isInteger(count) && count >= 1) return
  throw new RangeError(`${name} must be a whole number of 1 or more; got ${count}`)
}

/** Ignores an error that a retry may fix: the consumption retries. */
function throwIfPermanent(error: Error): void {
  if (error instanceof TopicError || error.name === 'KafkaJSSASLAuthenticationError') throw error
}
