import { setTimeout as delay } from 'node:timers/promises'
import type { Cluster, Kafka } from 'kafkajs'
import type { PartitionResponse } from 'kafkajs/src/consumer/batch.js'
import type { LogRecord, ReadOptions, Slice } from '../port.ts'
import { privatePartsOf } from './private.ts'
import { toRecord } from './record.ts'
import { TopicError } from './topic-error.ts'
import { isAbsence, type PartitionBounds, type Topics } from './topics.ts'

/**
 * Maximum size of one fetch response, and size of a read after which no further fetch is sent, in
 * bytes.
 */
const bytesMax = { fetch: 1024 * 1024, read: 8 * 1024 * 1024 }
/** Time that a broker waits for records that may be delivered, in milliseconds. */
const fetchWaitMs = 100
/**
 * Attempts to read a partition whose leader may have changed, the pause between them, and the time
 * after which the brokers count as unavailable. In milliseconds.
 */
const tries = { countMax: 3, pauseMs: 250, timeMsMax: 3_000 }
/** Isolation level that leaves out records of transactions that are not committed. */
const readCommitted = 1

/** Thrown when no broker responds. Temporary: callers may retry later. */
class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
  readonly temporary = true
  constructor(cause: Error) {
    super(`the records cannot be read: ${cause.message}`, { cause })
  }
}

/** Reads records without a consumer group, by fetching from the leader of a partition. */
export interface KafkaReader extends AsyncDisposable {
  read(topic: string, options: ReadOptions): Promise<Slice | undefined>
}

export function createKafkaReader(kafka: Kafka, topics: Topics): KafkaReader {
  const { createCluster, batchOf } = privatePartsOf(kafka)
  let connected: Promise<Cluster> | undefined

  /** Connects at the first call. A failed connection is discarded. */
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

  /**
   * Updates the leaders. A cluster that was asked for an absent topic can no longer do so, and is
   * replaced.
   */
  async function refresh(error: unknown): Promise<void> {
    const cluster = connected
    if (isAbsence(error)) {
      connected = undefined
      await cluster?.then((one) => one.disconnect()).catch(() => {})
    } else await cluster?.then((one) => one.refreshMetadata()).catch(() => {})
  }

  /**
   * Returns the records of one fetch, and the offset to continue at. `undefined` when no record can
   * currently be delivered.
   */
  async function fetch(cluster: Cluster, topic: string, partition: number, offset: number) {
    await cluster.addTargetTopic(topic)
    const [leader] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
    if (leader === undefined) throw new Error(`partition ${partition} of ${topic} has no leader`)
    const broker = await cluster.findBroker({ nodeId: leader })
    const fetchOffset = String(offset)
    const partitionRequest = { partition, fetchOffset, maxBytes: bytesMax.fetch }
    const { responses } = (await broker.fetch({
      maxWaitTime: fetchWaitMs,
      minBytes: 1,
      maxBytes: bytesMax.fetch,
      isolationLevel: readCommitted,
      topics: [{ topic, partitions: [partitionRequest] }],
    })) as FetchResponse
    const response = responses[0]?.partitions[0]
    if (response === undefined || response.messages.length === 0) return undefined
    const batch = batchOf(topic, fetchOffset, response)
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
          topics.reportFailure(topic, error)
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

interface FetchResponse {
  readonly responses: readonly { readonly partitions: readonly PartitionResponse[] }[]
}
