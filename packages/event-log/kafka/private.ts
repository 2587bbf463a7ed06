import { createRequire } from 'node:module'
import type { Cluster, Kafka, KafkaMessage } from 'kafkajs'

/** Records of one partition in a fetch response, including those that must not be delivered. */
export interface PartitionResponse {
  readonly messages: readonly KafkaMessage[]
}

/** Records of a fetch response that may be delivered. */
export interface Batch {
  readonly messages: readonly KafkaMessage[]
  lastOffset(): string
}

/** A request that kafkajs does not support, in its terms: see its `network/connection.js`. */
export interface RawRequest<T> {
  readonly request: {
    readonly apiKey: number
    readonly apiName: string
    readonly apiVersion: number
    expectResponse(): boolean
    encode(): Promise<{ readonly buffer: Buffer; size(): number }>
  }
  readonly response: {
    decode(bytes: Buffer): Promise<{ readonly clientSideThrottleTime: number; readonly value: T }>
    parse(decoded: { readonly value: T }): Promise<T>
  }
}

/** A connected broker. */
export interface PrivateBroker {
  /** Supported versions by API key. */
  readonly versions: Readonly<Record<number, { minVersion: number; maxVersion: number }>>
  readonly connectionPool: { send<T>(raw: RawRequest<T>): Promise<T> }
  metadata(topics: readonly string[]): Promise<{ readonly clusterId: string | null }>
}

/** Returns the broker that the cluster connected to first. */
export function seedBrokerOf(cluster: Cluster): PrivateBroker {
  return (cluster as unknown as { brokerPool: { seedBroker: PrivateBroker } }).brokerPool.seedBroker
}

/** Encoder of the Kafka protocol. */
export interface Encoder {
  readonly buffer: Buffer
  size(): number
  writeArray(items: readonly Encoder[]): Encoder
  writeBoolean(value: boolean): Encoder
  writeInt8(value: number): Encoder
  writeString(value: string): Encoder
  writeUVarInt(value: number): Encoder
  writeUVarIntString(value: string): Encoder
  writeBufferInternal(bytes: Uint8Array): void
}

/** Decoder of the Kafka protocol. */
export interface Decoder {
  readInt16(): number
  readInt32(): number
  readString(): string | null
  readUVarInt(): number
  readUVarIntString(): string | null
  readTaggedFields(): unknown
  readBytes(length: number): Buffer
}

const clusterName = 'private:Kafka:createCluster'
const require = createRequire(import.meta.url)

/**
 * Returns private parts of kafkajs that its own consumers use. The version is pinned, and the
 * contract suite fails if another version differs.
 */
export function privatePartsOf(kafka: Kafka) {
  const symbol = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === clusterName,
  )
  if (symbol === undefined) throw new Error(`this version of kafkajs has no ${clusterName}`)
  const { [symbol]: create } = kafka as unknown as Record<symbol, (options: object) => Cluster>
  const options = { metadataMaxAge: 300_000, allowAutoTopicCreation: false }
  const BatchOf = require('kafkajs/src/consumer/batch.js') as new (
    topic: string,
    fetchedOffset: string,
    response: PartitionResponse,
  ) => Batch
  const EncoderOf = require('kafkajs/src/protocol/encoder.js') as new () => Encoder
  const DecoderOf = require('kafkajs/src/protocol/decoder.js') as new (bytes: Buffer) => Decoder
  return {
    createCluster: () => (create as (options: object) => Cluster)(options),
    batchOf: (...args: ConstructorParameters<typeof BatchOf>) => new BatchOf(...args),
    createEncoder: () => new EncoderOf(),
    createDecoder: (bytes: Buffer) => new DecoderOf(bytes),
  }
}
