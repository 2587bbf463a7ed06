import type { DescMessage } from '@bufbuild/protobuf'
import type { RpcLimits } from '../limits.ts'
import type { Format } from './codec.ts'
import { largestMessage } from './largest-message.ts'

/** Bounds of a message, checked before it is parsed. */
export interface MessageLimits {
  /** As it is sent, and decompressed. */
  readonly bytesMax: number
  /**
   * Fields and items, with those of the messages within: each costs memory and time whatever its
   * size. In JSON the names of fields count as well.
   */
  readonly elementsMax: number
}

/**
 * Room beside the largest valid message: for fields of newer clients, for spaces in JSON, and so
 * that a message which breaks a rule by a little is judged by its rules.
 */
const spareLimits = { bytes: 64 * 1024, elements: 256 }

/**
 * Derives the limits of a type's messages from its rules (https://protovalidate.com). What the
 * rules leave without a bound has the default of the limits.
 */
export function messageLimitsOf(
  desc: DescMessage,
  limits: RpcLimits,
): Readonly<Record<Format, MessageLimits>> {
  const { messageBytesMax, unboundedMessageBytesMax, unboundedMessageElementsMax } = limits
  const { binaryBytes, jsonBytes, elements } = largestMessage(desc)
  const bytesMax = (bytes: number) =>
    Math.min(messageBytesMax, derivedOr(unboundedMessageBytesMax, bytes + spareLimits.bytes))
  const elementsMax = derivedOr(unboundedMessageElementsMax, elements + spareLimits.elements)
  return {
    proto: { bytesMax: bytesMax(binaryBytes), elementsMax },
    json: { bytesMax: bytesMax(jsonBytes), elementsMax: 2 * elementsMax },
  }
}

function derivedOr(otherwise: number, derived: number): number {
  return Number.isFinite(derived) ? derived : otherwise
}
