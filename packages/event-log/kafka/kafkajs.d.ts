/** The parts of kafkajs that `small-integers.ts` replaces. The package has no types for them. */
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

  export interface DecoderPrototype {
    readonly buffer: Uint8Array
    offset: number
    readVarLong(): LongValue
  }

  const Decoder: { readonly prototype: DecoderPrototype }
  // biome-ignore lint/style/noDefaultExport: the module is CommonJS
  export default Decoder
}

declare module 'kafkajs/src/protocol/encoder.js' {
  export interface EncoderPrototype {
    writeVarInt(value: number): unknown
    writeVarLong(value: unknown): unknown
  }

  export interface EncoderType {
    sizeOfVarInt(value: number): number
    sizeOfVarLong(value: unknown): number
    readonly prototype: EncoderPrototype
  }

  const Encoder: EncoderType
  // biome-ignore lint/style/noDefaultExport: the module is CommonJS
  export default Encoder
}
