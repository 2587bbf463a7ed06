import { isDeepStrictEqual } from 'node:util'
import { type DescMethod, fromBinary, fromJson, type Message, toBinary } from '@bufbuild/protobuf'
import { bindingsOf } from '@marquee/transcode/binding'
import type { Json, Outcome } from './outcome.ts'

/** Parts of an outcome that can differ. */
export type Part = 'status' | 'type' | 'allow' | 'rpc' | 'request' | 'error' | 'messages'

/** Message of the errors that handlers return. Gateways word their own errors in their own way. */
const ownMessage = 'failed as requested'

/** Returns the parts in which two outcomes differ. */
export function differences(ours: Outcome, theirs: Outcome): Part[] {
  const isSame: Record<Part, () => boolean> = {
    status: () => ours.status === theirs.status,
    type: () => ours.error?.code === undefined || ours.type === theirs.type,
    allow: () => theirs.allow.length === 0 || isDeepStrictEqual(ours.allow, theirs.allow),
    rpc: () => ours.call?.rpc === theirs.call?.rpc || isLost(ours, theirs),
    request: () =>
      ours.call?.rpc !== theirs.call?.rpc ||
      isDeepStrictEqual(ours.call?.request, theirs.call?.request),
    error: () =>
      ours.error?.code === theirs.error?.code &&
      (ours.error?.message === ownMessage) === (theirs.error?.message === ownMessage),
    messages: () => areSame(ours, theirs),
  }
  return (Object.keys(isSame) as Part[]).filter((part) => !isSame[part]())
}

/** Some errors come without the headers of the handler. */
function isLost(ours: Outcome, theirs: Outcome): boolean {
  const isOwn = ours.error?.message === ownMessage && theirs.error?.message === ownMessage
  return isOwn && (ours.call === undefined || theirs.call === undefined)
}

function areSame(ours: Outcome, theirs: Outcome): boolean {
  if (ours.messages.length !== theirs.messages.length) return false
  return ours.messages.every((message, index) => {
    const other = theirs.messages[index] as Json
    if (ours.call === undefined) return isDeepStrictEqual(message, other)
    return isAlike(message, other) && meanSame(ours.call.rpc, message, other)
  })
}

/**
 * Returns whether two JSON values have the same members, and the same values but for numbers. A
 * number may have other digits here than there, or be in quotes: the types of the fields, which
 * `meanSame` knows, decide whether it is the same.
 */
function isAlike(ours: Json, theirs: Json): boolean {
  if (isNumber(ours) && isNumber(theirs)) return true
  if (typeof ours !== 'object' || typeof theirs !== 'object' || ours === null || theirs === null) {
    return ours === theirs
  }
  if (Array.isArray(ours) !== Array.isArray(theirs)) return false
  const one = ours as Record<string, Json>
  const other = theirs as Record<string, Json>
  const names = Object.keys(one)
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => name in other && isAlike(one[name] as Json, other[name] as Json))
  )
}

/** Integers beyond 2^53 are texts: see `parseExactly`. */
function isNumber(json: Json): boolean {
  return typeof json === 'number' || (typeof json === 'string' && /^-?\d+$/.test(json))
}

/** Returns whether two JSON values are the same message, or the same field of the response. */
export function meanSame(rpc: DescMethod, ours: Json, theirs: Json): boolean {
  return bindingsOf(rpc).some(({ responseBody }) => {
    const wrap = (json: Json) => (responseBody ? { [responseBody.jsonName]: json } : json)
    const [one, other] = [ours, theirs].map((json) => messageOf(rpc, wrap(json)))
    return one !== undefined && isDeepStrictEqual(one, other)
  })
}

/** Returns the message as it is sent in binary, with floats rounded. `undefined` for wrong JSON. */
function messageOf({ output }: DescMethod, json: Json): Message | undefined {
  try {
    return fromBinary(output, toBinary(output, fromJson(output, json)))
  } catch {
    return undefined
  }
}
