import type { Message } from '@bufbuild/protobuf'
import type { Codec } from '../protobuf/codec.ts'
import type { EncodedMessage } from '../wire/envelope.ts'

/** A message as it is sent, by its compression, for each codec. */
export type CachedEncodings = Map<Codec, Map<string, EncodedMessage | Promise<EncodedMessage>>>

const kept = new WeakMap<object, CachedEncodings>()

/**
 * Caches the encodings of a message that many streams send: it is encoded and compressed once per
 * codec and compression. The message must not change afterwards. Returns the message.
 */
export function encodeOnce<M extends Message>(message: M): M {
  kept.set(message, new Map())
  return message
}

/** Returns the cached encodings of a message, or `undefined` for one that is encoded each time. */
export function cachedEncodingsOf(message: Message): CachedEncodings | undefined {
  return kept.get(message)
}
