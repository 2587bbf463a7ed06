import { create, type DescMessage, type Message } from '@bufbuild/protobuf'
import { type Compression, compressedBytesMin } from '../compression/compression.ts'
import type { Codec } from '../protobuf/codec.ts'
import {
  compressedFlag,
  type EncodedMessage,
  type EnvelopeBatch,
  toEnvelope,
  writeEnvelope,
} from '../wire/envelope.ts'
import { type CachedEncodings, cachedEncodingsOf } from './encode-once.ts'

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
  encode(answer: unknown): EncodedMessage | Promise<EncodedMessage> {
    const bytes = this.#codec.serialize(create(this.#desc, answer as Message))
    return this.#compression === undefined
      ? uncompressed(bytes)
      : this.#encode(bytes, this.#compression)
  }

  /**
   * The pieces of an envelope with an answer, whose bytes are the answer's own where they are long.
   */
  envelope(answer: unknown): Uint8Array[] | Promise<Uint8Array[]> {
    if (this.#compression === undefined && this.#codec.hasBytes) {
      return writeEnvelope(this.#codec, create(this.#desc, answer as Message))
    }
    const encoded = this.encode(answer)
    return encoded instanceof Promise ? encoded.then(toPieces) : toPieces(encoded)
  }

  /** Adds an answer to a batch at once, or answers what is to be added when it is compressed. */
  addTo(batch: EnvelopeBatch, answer: unknown): Promise<EncodedMessage> | undefined {
    const message = create(this.#desc, answer as Message)
    const encodings = cachedEncodingsOf(message)
    if (this.#compression === undefined && encodings === undefined) {
      batch.write(this.#codec, message)
      return undefined
    }
    const encoded = encodings ? this.#encodeOnce(message, encodings) : this.encode(message)
    if (encoded instanceof Promise) return encoded
    batch.add(encoded)
    return undefined
  }

  #encodeOnce(
    message: Message,
    encodings: CachedEncodings,
  ): EncodedMessage | Promise<EncodedMessage> {
    const byEncoding =
      encodings.get(this.#codec) ?? new Map<string, EncodedMessage | Promise<EncodedMessage>>()
    encodings.set(this.#codec, byEncoding)
    const encoded = byEncoding.get(this.encoding) ?? this.encode(message)
    byEncoding.set(this.encoding, encoded)
    return encoded
  }

  #encode(bytes: Uint8Array, compression: Compression): EncodedMessage | Promise<EncodedMessage> {
    if (bytes.length < compressedBytesMin) return uncompressed(bytes)
    const encoded = compression.compress(bytes)
    return encoded instanceof Promise ? encoded.then(compressed) : compressed(encoded)
  }
}

function toPieces({ bytes, isCompressed }: EncodedMessage): Uint8Array[] {
  return toEnvelope(isCompressed ? compressedFlag : 0, bytes)
}

function uncompressed(bytes: Uint8Array): EncodedMessage {
  return { bytes, isCompressed: false }
}

function compressed(bytes: Uint8Array): EncodedMessage {
  return { bytes, isCompressed: true }
}
