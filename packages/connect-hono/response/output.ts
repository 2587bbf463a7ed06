import { create, type DescMessage, type Message } from '@bufbuild/protobuf'
import { type Compression, compressedBytesMin } from '../compression/compression.ts'
import type { Codec } from '../protobuf/codec.ts'
import {
  compressedFlag,
  type EnvelopeBatch,
  type Packed,
  toEnvelope,
  writeEnvelope,
} from '../wire/envelope.ts'
import { type KeptPackings, packingsOf } from './pack-once.ts'

export interface OutputOptions {
  readonly desc: DescMessage
  readonly codec: Codec
  /** Packs the messages for which that pays. */
  readonly compression: Compression | undefined
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
    return this.#compression === undefined
      ? uncompressed(bytes)
      : this.#pack(bytes, this.#compression)
  }

  /** The pieces of an envelope with an answer, whose bytes are the answer's own where they are long. */
  envelope(answer: unknown): Uint8Array[] | Promise<Uint8Array[]> {
    if (this.#compression === undefined && this.#codec.hasBytes) {
      return writeEnvelope(this.#codec, create(this.#desc, answer as Message))
    }
    const packed = this.pack(answer)
    return packed instanceof Promise ? packed.then(toPieces) : toPieces(packed)
  }

  /** Adds an answer to a batch at once, or answers what is to be added when it is compressed. */
  addTo(batch: EnvelopeBatch, answer: unknown): Promise<Packed> | undefined {
    const message = create(this.#desc, answer as Message)
    const packings = packingsOf(message)
    if (this.#compression === undefined && packings === undefined) {
      batch.write(this.#codec, message)
      return undefined
    }
    const packed = packings ? this.#packOnce(message, packings) : this.pack(message)
    if (packed instanceof Promise) return packed
    batch.add(packed)
    return undefined
  }

  #packOnce(message: Message, packings: KeptPackings): Packed | Promise<Packed> {
    const byEncoding = packings.get(this.#codec) ?? new Map<string, Packed | Promise<Packed>>()
    packings.set(this.#codec, byEncoding)
    const packed = byEncoding.get(this.encoding) ?? this.pack(message)
    byEncoding.set(this.encoding, packed)
    return packed
  }

  #pack(bytes: Uint8Array, compression: Compression): Packed | Promise<Packed> {
    if (bytes.length < compressedBytesMin) return uncompressed(bytes)
    const packed = compression.compress(bytes)
    return packed instanceof Promise ? packed.then(compressed) : compressed(packed)
  }
}

function toPieces({ bytes, isCompressed }: Packed): Uint8Array[] {
  return toEnvelope(isCompressed ? compressedFlag : 0, bytes)
}

function uncompressed(bytes: Uint8Array): Packed {
  return { bytes, isCompressed: false }
}

function compressed(bytes: Uint8Array): Packed {
  return { bytes, isCompressed: true }
}
