import { setTimeout as delay } from 'node:timers/promises'
import type { Cluster, Kafka } from 'kafkajs'
import type { LogRecord, ReadOptions, Slice } from '../port.ts'
import { type PartitionAnswer, privatePartsOf } from './private.ts'
import { toRecord } from './record.ts'
import { isAbsence, type PartitionBounds, TopicError, type Topics } from './topics.ts'

/** How much one question takes, and after how much no other is asked, in bytes. */
const bytesMax = { fetch: 1024 * 1024, read: 8 * 1024 * 1024 }
/** How long a broker holds a question for records that it may not show yet, in milliseconds. */
const fetchWaitMs = 100
/**
 * How often a partition is asked for whose leader may have changed meanwhile, and how long apart; not once this much time
 * has gone by, for then the brokers are away. In milliseconds.
 */
const tries = { countMax: 3, pauseMs: 250, timeMsMax: 3_000 }
/** Records of transactions that are not committed are not shown. */
const readCommitted = 1

/** Brokers did not answer as they should. It will be over: callers may try again later. */
class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
  readonly temporary = true
  constructor(cause: Error) {
    super(`the records cannot be read: ${cause.message}`, { cause })
  }
}

/** Reads records as a consumer without a group does: by asking a partition's leader for them. */
export interface KafkaReader extends AsyncDisposable {
  read(topic: string, options: ReadOptions): Promise<Slice | undefined>
}

export function createKafkaReader(kafka: Kafka, topics: Topics): KafkaReader {
  const { createCluster, batchOf } = privatePartsOf(kafka)
  let connected: Promise<Cluster> | undefined

  /** Connects by the first call. One that could not connect is of no use any more. */
  function connect(): Promise<Cluster> {
    connected ??= open().catch((error: Error) => {
      connected = undefined
      throw error
    })
    return connected
  }

  async function open(): Promise<Cluster> {
    const cluster = createCluster()
    await cluster.connect()
    return cluster
  }

  /** What it knows of the leaders may be old. A cluster that was asked for a topic that is gone cannot learn any more. */
  async function refresh(error: unknown): Promise<void> {
    const cluster = connected
    if (isAbsence(error)) {
      connected = undefined
      await cluster?.then((one) => one.disconnect()).catch(() => {})
    } else await cluster?.then((one) => one.refreshMetadata()).catch(() => {})
  }

  /** Answers what one question brings, and where to ask on; undefined where nothing can be shown for the present. */
  async function fetch(cluster: Cluster, topic: string, partition: number, offset: number) {
    await cluster.addTargetTopic(topic)
    const [leader] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
    if (leader === undefined) throw new Error(`partition ${partition} of ${topic} has no leader`)
    const broker = await cluster.findBroker({ nodeId: leader })
    const fetchOffset = String(offset)
    const wanted = { partition, fetchOffset, maxBytes: bytesMax.fetch }
    const { responses } = (await broker.fetch({
      maxWaitTime: fetchWaitMs,
      minBytes: 1,
      maxBytes: bytesMax.fetch,
      isolationLevel: readCommitted,
      topics: [{ topic, partitions: [wanted] }],
    })) as FetchAnswer
    const answer = responses[0]?.partitions[0]
    if (answer === undefined || answer.messages.length === 0) return undefined
    const batch = batchOf(topic, fetchOffset, answer)
    return { records: batch.messages.map(toRecord), next: Number(batch.lastOffset()) + 1 }
  }

  async function readBetween(
    topic: string,
    { partition, offset, countMax }: ReadOptions,
    { oldest, end }: PartitionBounds,
  ): Promise<LogRecord[]> {
    const cluster = await connect()
    const records: LogRecord[] = []
    let bytes = 0
    for (let at = Math.max(offset, oldest); at < end; ) {
      const found = await fetch(cluster, topic, partition, at)
      if (found === undefined) break
      records.push(...found.records)
      bytes += found.records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)
      if (records.length >= countMax || bytes >= bytesMax.read) break
      at = Math.max(found.next, at + 1)
    }
    return records.slice(0, countMax)
  }

  return {
    async read(topic, options) {
      const startMs = performance.now()
      for (let count = 1; ; count++) {
        try {
          await topics.ensure(topic)
          const bounds = (await topics.bounds(topic)).get(options.partition)
          return bounds && { ...bounds, records: await readBetween(topic, options, bounds) }
        } catch (error) {
          if (error instanceof TopicError) throw error
          const isLate = performance.now() - startMs >= tries.timeMsMax
          if (count === tries.countMax || isLate) throw new UnreachableError(error as Error)
          await delay(tries.pauseMs)
          topics.note(topic, error)
          await refresh(error)
        }
      }
    },
    async [Symbol.asyncDispose]() {
      const cluster = await connected?.catch(() => undefined)
      await cluster?.disconnect()
    },
  }
}

interface FetchAnswer {
  readonly responses: readonly { readonly partitions: readonly PartitionAnswer[] }[]
}
