import type { Cluster, Kafka } from 'kafkajs'
import { type PrivateBroker, privatePartsOf, type RawRequest, seedBrokerOf } from './private.ts'
import { TopicAbsentError } from './topics.ts'

/** Reads the identity of topics, across clusters and re-creation. */
export interface KafkaIdentities extends AsyncDisposable {
  /**
   * Returns `kafka:CLUSTER/TOPIC-ID`, or `kafka:CLUSTER` where the brokers have no topic ids
   * (before 2.8). Rejects with a `TopicAbsentError` when there is no such topic.
   */
  read(topic: string): Promise<string>
}

/** https://kafka.apache.org/protocol#The_Messages_Metadata */
const metadataKey = 3
/** First version of the response that contains the topic id (KIP-516). */
const topicIdVersion = 10
const noTopicId = Buffer.alloc(16)
const unknownTopic = 3

interface TopicIdentity {
  readonly errorCode: number
  readonly clusterId: string
  readonly topicId: Buffer
}

export function createKafkaIdentities(kafka: Kafka): KafkaIdentities {
  const { createCluster, createEncoder, createDecoder } = privatePartsOf(kafka)
  let connected: Promise<Cluster> | undefined

  async function open(): Promise<Cluster> {
    const cluster = createCluster()
    await cluster.connect()
    return cluster
  }

  /** Discards a cluster after a failed request: another broker of the list may respond. */
  async function discard(cluster: Promise<Cluster>): Promise<void> {
    if (connected === cluster) connected = undefined
    await cluster.then((one) => one.disconnect()).catch(() => {})
  }

  /**
   * Builds a Metadata request. Its version has flexible headers (KIP-482), which kafkajs does not
   * write, so it starts with an empty list of tags.
   */
  function requestOf(topic: string): RawRequest<TopicIdentity> {
    return {
      request: {
        apiKey: metadataKey,
        apiName: 'Metadata',
        apiVersion: topicIdVersion,
        expectResponse: () => true,
        async encode() {
          const encoder = createEncoder().writeUVarInt(0).writeUVarInt(2)
          encoder.writeBufferInternal(noTopicId)
          // No tags, no automatic creation, no authorized operations of cluster and topic, no tags.
          encoder.writeUVarIntString(topic).writeUVarInt(0).writeBoolean(false)
          return encoder.writeBoolean(false).writeBoolean(false).writeUVarInt(0)
        },
      },
      response: {
        decode: async (bytes) => ({ clientSideThrottleTime: 0, value: decode(bytes) }),
        parse: async ({ value }) => value,
      },
    }
  }

  function decode(bytes: Buffer): TopicIdentity {
    const decoder = createDecoder(bytes)
    decoder.readTaggedFields()
    // Throttle time of the response.
    decoder.readInt32()
    for (let count = decoder.readUVarInt() - 1; count > 0; count--) {
      decoder.readInt32()
      decoder.readUVarIntString()
      decoder.readInt32()
      decoder.readUVarIntString()
      decoder.readTaggedFields()
    }
    const clusterId = decoder.readUVarIntString() ?? ''
    // Controller, then the number of topics: one.
    decoder.readInt32()
    decoder.readUVarInt()
    const errorCode = decoder.readInt16()
    decoder.readUVarIntString()
    return { errorCode, clusterId, topicId: Buffer.from(decoder.readBytes(noTopicId.length)) }
  }

  async function requestIdentity(broker: PrivateBroker, topic: string): Promise<string> {
    if ((broker.versions[metadataKey]?.maxVersion ?? 0) < topicIdVersion) {
      const { clusterId } = await broker.metadata([topic])
      return `kafka:${clusterId ?? ''}`
    }
    const { errorCode, clusterId, topicId } = await broker.connectionPool.send(requestOf(topic))
    if (errorCode === unknownTopic) throw new TopicAbsentError(topic)
    // A topic created by an older broker may have no id.
    if (topicId.equals(noTopicId)) {
      if (errorCode !== 0) {
        throw new Error(`cannot describe the topic "${topic}": error code ${errorCode}`)
      }
      return `kafka:${clusterId}`
    }
    return `kafka:${clusterId}/${topicId.toString('base64url')}`
  }

  return {
    async read(topic) {
      connected ??= open()
      const cluster = connected
      try {
        return await requestIdentity(seedBrokerOf(await cluster), topic)
      } catch (error) {
        if (!(error instanceof TopicAbsentError)) await discard(cluster)
        throw error
      }
    },
    async [Symbol.asyncDispose]() {
      if (connected) await discard(connected)
    },
  }
}
