import type { DescMessage } from '@bufbuild/protobuf'
import type { RpcLimits } from '../limits.ts'
import type { Format } from './codec.ts'
import { largestMessage } from './largest-message.ts'

/** Bounds of a message, checked before it is parsed. */
export interface MessageLimits {
  /** Maximum size, as it is sent and decompressed, in bytes. */
  readonly bytesMax: number
  /**
   * Maximum number of fields and items, including those of nested messages: each costs memory and
   * time. In JSON the names of fields count too.
   */
  readonly elementsMax: number
}

/**
 * Room beyond the largest valid message: for fields of newer clients, for spaces in JSON, and so
 * that a message that breaks a rule slightly gets the error of that rule.
 */
const spareLimits = { bytes: 64 * 1024, elements: 256 }

/**
 * Derives the limits of a type's messages from its rules (https://protovalidate.com). When the
 * rules set no bound, the `unbounded…` limits apply.
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
