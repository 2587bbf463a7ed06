import { create, type DescMessage, type Message } from '@bufbuild/protobuf'
import type { Codec } from './codec.ts'
import { type Compression, compressedBytesMin } from './compression.ts'

export interface OutputOptions {
  readonly desc: DescMessage
  readonly codec: Codec
  /** Packs the messages for which that pays. */
  readonly compression: Compression | undefined
}

/** A message as it is sent. */
export interface Packed {
  readonly bytes: Uint8Array
  readonly isCompressed: boolean
}

/** Turns what a handler answers into messages as they are sent. */
export class Output {
  readonly #desc: DescMessage
  readonly #codec: Codec
  readonly #compression: Compression | undefined

  constructor({ desc, codec, compression }: OutputOptions) {
    this.#desc = desc
    this.#codec = codec
    this.#compression = compression
  }

  /** The name of its compression. */
  get encoding(): string {
    return this.#compression?.name ?? 'identity'
  }

  /** @param answer a message of the method's type, or what makes one. */
  pack(answer: unknown): Packed | Promise<Packed> {
    const bytes = this.#codec.serialize(create(this.#desc, answer as Message))
    if (this.#compression === undefined || bytes.length < compressedBytesMin) {
      return { bytes, isCompressed: false }
    }
    const packed = this.#compression.compress(bytes)
    return packed instanceof Promise ? packed.then(compressed) : compressed(packed)
  }
}

function compressed(bytes: Uint8Array): Packed {
  return { bytes, isCompressed: true }
}
