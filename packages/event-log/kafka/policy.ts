import type { Admin, Cluster, ConfigResourceTypes, Kafka } from 'kafkajs'
import type { TopicCleanup, TopicRetention } from '../port.ts'
import { type PrivateBroker, privatePartsOf, type RawRequest } from './private.ts'
import { TopicError } from './topic-error.ts'

/** https://kafka.apache.org/protocol#The_Messages_IncrementalAlterConfigs (KIP-339, Kafka 2.3). */
const incrementalAlterConfigsKey = 44
const setOperation = 0
/** Node finds no `ConfigResourceTypes` in the CommonJS module. */
const topicResource: ConfigResourceTypes.TOPIC = 2

/** Names of topic configurations: https://kafka.apache.org/documentation/#topicconfigs */
const names = {
  cleanup: 'cleanup.policy',
  retention: 'retention.ms',
  compactionLag: 'max.compaction.lag.ms',
  deleteRetention: 'delete.retention.ms',
} as const

/** Response of a broker about one resource. */
interface Outcome {
  readonly errorCode: number
  readonly message: string | null
}

/** Returns how long records can stay in an existing topic, from its configuration. */
export async function describeRetention(admin: Admin, topic: string): Promise<TopicRetention> {
  const resource = { type: topicResource, name: topic }
  const configNames = Object.values(names)
  const { resources } = await admin
    .describeConfigs({ resources: [{ ...resource, configNames }], includeSynonyms: false })
    .catch((cause: Error) => {
      throw new TopicError(
        `the configuration of the topic "${topic}" cannot be read: ${cause.message}`,
        { cause },
      )
    })
  const entries = resources[0]?.configEntries ?? []
  const entryOf = (name: string) => entries.find((one) => one.configName === name)?.configValue
  const policies = (entryOf(names.cleanup) ?? 'delete').split(',').map((one) => one.trim())
  const compacted = policies.includes('compact')
  const deleted = policies.includes('delete')
  return {
    cleanup: compacted && deleted ? 'compact,delete' : compacted ? 'compact' : 'delete',
    retentionMs: deleted ? boundOf(entryOf(names.retention)) : undefined,
    compactionLagMaxMs: compacted ? boundOf(entryOf(names.compactionLag)) : undefined,
    deleteRetentionMs: compacted ? boundOf(entryOf(names.deleteRetention)) : undefined,
  }
}

/** Returns `undefined` for -1 and for the largest 64-bit number, which both mean no bound. */
function boundOf(value: string | undefined): number | undefined {
  const number = Number(value)
  return number >= 0 && Number.isSafeInteger(number) ? number : undefined
}

/**
 * Sets the policy of an existing topic. All its other configurations stay: the admin client of
 * kafkajs would reset them, because it sends AlterConfigs, which replaces all.
 */
export async function setCleanup(
  kafka: Kafka,
  topic: string,
  cleanup: TopicCleanup,
): Promise<void> {
  const { createCluster, createEncoder, createDecoder } = privatePartsOf(kafka)
  const cluster = createCluster()
  try {
    await cluster.connect()
    const broker = await controllerOf(cluster)
    const { errorCode, message } = await broker.connectionPool.send(request())
    if (errorCode === 0) return
    throw new TopicError(
      `the topic "${topic}" has another ${names.cleanup}, and the broker refuses to change it to ${cleanup} (error code ${errorCode}${message ? `: ${message}` : ''}): change it, or grant permission`,
    )
  } finally {
    await cluster.disconnect()
  }

  function request(): RawRequest<Outcome> {
    return {
      request: {
        apiKey: incrementalAlterConfigsKey,
        apiName: 'IncrementalAlterConfigs',
        apiVersion: 0,
        expectResponse: () => true,
        async encode() {
          const config = createEncoder().writeString(names.cleanup)
          config.writeInt8(setOperation).writeString(cleanup)
          const resource = createEncoder().writeInt8(topicResource).writeString(topic)
          resource.writeArray([config])
          return createEncoder().writeArray([resource]).writeBoolean(false)
        },
      },
      response: {
        decode: async (bytes) => ({ clientSideThrottleTime: 0, value: decode(bytes) }),
        parse: async ({ value }) => value,
      },
    }
  }

  function decode(bytes: Buffer): Outcome {
    const decoder = createDecoder(bytes)
    // Throttle time, then the number of resources: one.
    decoder.readInt32()
    decoder.readInt32()
    return { errorCode: decoder.readInt16(), message: decoder.readString() }
  }
}

async function controllerOf(cluster: Cluster): Promise<PrivateBroker> {
  await (cluster as unknown as { refreshMetadata(): Promise<void> }).refreshMetadata()
  const { findControllerBroker } = cluster as unknown as {
    findControllerBroker(): Promise<PrivateBroker>
  }
  return await findControllerBroker.call(cluster)
}
