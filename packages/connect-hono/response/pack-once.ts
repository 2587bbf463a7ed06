import type { Message } from '@bufbuild/protobuf'
import type { Codec } from '../protobuf/codec.ts'
import type { Packed } from '../wire/envelope.ts'

/** A message as it is sent, by its compression, for each codec. */
export type KeptPackings = Map<Codec, Map<string, Packed | Promise<Packed>>>

const kept = new WeakMap<object, KeptPackings>()

/**
 * Says that many streams will send this message, which does not change any more: it is encoded and compressed once for
 * each way of doing so. Returns the message.
 */
export function packOnce<M extends Message>(message: M): M {
  kept.set(message, new Map())
  return message
}

/** Where the packings of a message are kept; undefined for one that is packed each time. */
export function packingsOf(message: Message): KeptPackings | undefined {
  return kept.get(message)
}
