import type { Cluster, Kafka } from 'kafkajs'
import Batch from 'kafkajs/src/consumer/batch.js'
import Decoder from 'kafkajs/src/protocol/decoder.js'
import Encoder from 'kafkajs/src/protocol/encoder.js'

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

const clusterName = 'private:Kafka:createCluster'

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
  return {
    createCluster: () => (create as (options: object) => Cluster)(options),
    batchOf: (...args: ConstructorParameters<typeof Batch>) => new Batch(...args),
    createEncoder: () => new Encoder(),
    createDecoder: (bytes: Buffer) => new Decoder(bytes),
  }
}
