import type { Message } from '@bufbuild/protobuf'
import type { Codec } from '../protobuf/codec.ts'

/** Envelopes of one message, by codec and name of the compression. Nobody changes their bytes. */
export type CachedEncodings = Map<Codec, Map<string, Uint8Array | Promise<Uint8Array>>>

const cache = new WeakMap<object, CachedEncodings>()

/**
 * Caches the encodings of a message that many streams send: it is encoded and compressed once per
 * codec and compression, and all of them send the same bytes. The message must not change
 * afterwards. Returns the message.
 */
export function encodeOnce<M extends Message>(message: M): M {
  cache.set(message, new Map())
  return message
}

/** Returns the cached encodings of a message, or `undefined` for one that is encoded each time. */
export function cachedEncodingsOf(message: Message): CachedEncodings | undefined {
  return cache.get(message)
}
