/** Private parts of kafkajs that this package calls or replaces. The package has no types for them. */
declare module 'kafkajs/src/utils/long.js' {
  /** 64-bit integer. It is immutable. */
  export interface LongValue {
    readonly value: bigint
  }

  export interface LongType {
    new (value: bigint): LongValue
    readonly ZERO: LongValue
    fromValue(value: unknown): LongValue
  }

  const Long: LongType
  // biome-ignore lint/style/noDefaultExport: the module is CommonJS
  export default Long
}

declare module 'kafkajs/src/protocol/decoder.js' {
  import type { LongValue } from 'kafkajs/src/utils/long.js'

  /** Decoder of the Kafka protocol. */
  export interface DecoderPrototype {
    readonly buffer: Uint8Array
    offset: number
    readInt16(): number
    readInt32(): number
    readString(): string | null
    readUVarInt(): number
    readUVarIntString(): string | null
    readTaggedFields(): unknown
    readBytes(length: number): Buffer
    readVarIntArray(read: unknown): unknown[]
    readVarLong(): LongValue
  }

  const Decoder: {
    new (bytes: Buffer): DecoderPrototype
    readonly prototype: DecoderPrototype
  }
  // biome-ignore lint/style/noDefaultExport: the module is CommonJS
  export default Decoder
}

declare module 'kafkajs/src/protocol/encoder.js' {
  /** Encoder of the Kafka protocol. */
  export interface EncoderPrototype {
    readonly buffer: Buffer
    size(): number
    writeArray(items: readonly EncoderPrototype[]): EncoderPrototype
    writeBoolean(value: boolean): EncoderPrototype
    writeInt8(value: number): EncoderPrototype
    writeString(value: string): EncoderPrototype
    writeUVarInt(value: number): EncoderPrototype
    writeUVarIntString(value: string): EncoderPrototype
    writeBufferInternal(bytes: Uint8Array): void
    writeVarInt(value: number): EncoderPrototype
    writeVarIntBytes(value: unknown): EncoderPrototype
    writeVarLong(value: unknown): EncoderPrototype
  }

  export interface EncoderType {
    new (): EncoderPrototype
    sizeOfVarInt(value: number): number
    sizeOfVarLong(value: unknown): number
    readonly prototype: EncoderPrototype
  }

  const Encoder: EncoderType
  // biome-ignore lint/style/noDefaultExport: the module is CommonJS
  export default Encoder
}

declare module 'kafkajs/src/protocol/recordBatch/header/v0/decoder.js' {
  /** Reads one header of a record. */
  const readHeader: (decoder: unknown) => unknown
  // biome-ignore lint/style/noDefaultExport: the module is CommonJS
  export default readHeader
}

declare module 'kafkajs/src/consumer/batch.js' {
  import type { KafkaMessage } from 'kafkajs'

  /** Records of one partition in a fetch response, including those that must not be delivered. */
  export interface PartitionResponse {
    readonly messages: readonly KafkaMessage[]
  }

  /** Records of a fetch response that may be delivered. */
  export interface BatchValue {
    readonly messages: readonly KafkaMessage[]
    lastOffset(): string
  }

  const Batch: new (topic: string, fetchedOffset: string, response: PartitionResponse) => BatchValue
  // biome-ignore lint/style/noDefaultExport: the module is CommonJS
  export default Batch
}
