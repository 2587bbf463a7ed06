import { create, type DescMessage, type Message } from '@bufbuild/protobuf'
import { type Compression, compressedBytesMin } from '../compression/compression.ts'
import type { Codec } from '../protobuf/codec.ts'
import { isTyped } from '../protobuf/encoder.ts'
import {
  compressedFlag,
  type EncodedMessage,
  type EnvelopeBatch,
  encodeEnvelope,
  toEnvelope,
  writeEnvelope,
} from '../wire/envelope.ts'
import { type CachedEncodings, cachedEncodingsOf } from './encode-once.ts'

/** Encodes the messages of a handler. */
export class Output {
  readonly #desc: DescMessage
  readonly #codec: Codec
  readonly #compression: Compression | undefined

  /** @param compression Used for messages of at least `compressedBytesMin`. */
  constructor(desc: DescMessage, codec: Codec, compression: Compression | undefined) {
    this.#desc = desc
    this.#codec = codec
    this.#compression = compression
  }

  /** Name of the compression. */
  get encoding(): string {
    return this.#compression?.name ?? 'identity'
  }

  /** @param message A message of the method's type, or an initializer of one. */
  encode(message: unknown): EncodedMessage | Promise<EncodedMessage> {
    const bytes = this.#codec.serialize(this.#toEncodable(message))
    return this.#compression === undefined
      ? uncompressed(bytes)
      : this.#encode(bytes, this.#compression)
  }

  /** Returns an envelope with the message, in pieces. Long bytes fields are not copied. */
  envelope(message: unknown): Uint8Array[] | Promise<Uint8Array[]> {
    if (this.#compression === undefined) {
      return writeEnvelope(this.#codec, this.#toEncodable(message))
    }
    const encoded = this.encode(message)
    return encoded instanceof Promise ? encoded.then(toPieces) : toPieces(encoded)
  }

  /** Adds the message to a batch, or returns a promise of its envelope when it is compressed. */
  addTo(batch: EnvelopeBatch, message: unknown): Promise<Uint8Array> | undefined {
    const encodable = this.#toEncodable(message)
    const encodings = cachedEncodingsOf(encodable)
    if (this.#compression === undefined && encodings === undefined) {
      batch.write(this.#codec, encodable)
      return undefined
    }
    const envelope = encodings
      ? this.#encodeOnce(encodable, encodings)
      : this.#inOnePiece(encodable)
    if (envelope instanceof Promise) return envelope
    batch.addEncoded(envelope)
    return undefined
  }

  #toEncodable(message: unknown): Message {
    const isEncodable = this.#codec.takesInitializers && !isTyped(message)
    return isEncodable ? (message as Message) : create(this.#desc, message as Message)
  }

  #encodeOnce(message: Message, encodings: CachedEncodings): Uint8Array | Promise<Uint8Array> {
    const byEncoding =
      encodings.get(this.#codec) ?? new Map<string, Uint8Array | Promise<Uint8Array>>()
    encodings.set(this.#codec, byEncoding)
    const envelope = byEncoding.get(this.encoding) ?? this.#inOnePiece(message)
    byEncoding.set(this.encoding, envelope)
    return envelope
  }

  #inOnePiece(message: Message): Uint8Array | Promise<Uint8Array> {
    const encoded = this.encode(message)
    return encoded instanceof Promise ? encoded.then(inOnePiece) : inOnePiece(encoded)
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

function inOnePiece({ bytes, isCompressed }: EncodedMessage): Uint8Array {
  return encodeEnvelope(isCompressed ? compressedFlag : 0, bytes)
}

function uncompressed(bytes: Uint8Array): EncodedMessage {
  return { bytes, isCompressed: false }
}

function compressed(bytes: Uint8Array): EncodedMessage {
  return { bytes, isCompressed: true }
}
