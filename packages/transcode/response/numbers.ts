import { type DescField, type DescMessage, type JsonValue, ScalarType } from '@bufbuild/protobuf'

/** Rewrites the JSON of a value in place, or returns what replaces it. */
type Rewrite = (json: JsonValue) => JsonValue

const integers64: ReadonlySet<ScalarType | undefined> = new Set([
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.SINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64,
])

/** Types whose JSON has no 64-bit integer, although their fields have. */
const textual = new Set(['google.protobuf.Timestamp', 'google.protobuf.Duration'])
const wrapper = /^google\.protobuf\.U?Int64Value$/
const keep: Rewrite = (json) => json

/**
 * Creates a function that writes the 64-bit integers of a message's JSON as numbers. Those beyond
 * 2^53, which a number of JavaScript cannot hold exactly, stay strings, as do keys of maps.
 */
export function numbersOf(desc: DescMessage): Rewrite {
  return rewriteOf(desc, new Map()) ?? keep
}

/** Returns a number for an integer that a double holds exactly. */
function toNumber(json: JsonValue): JsonValue {
  const number = typeof json === 'string' ? Number(json) : Number.NaN
  return Number.isSafeInteger(number) ? number : json
}

/** Returns `undefined` for a type without 64-bit integers. */
function rewriteOf(desc: DescMessage, known: Map<DescMessage, Rewrite | undefined>) {
  if (wrapper.test(desc.typeName)) return toNumber
  if (textual.has(desc.typeName) || !hasIntegers(desc, new Set())) return undefined
  if (known.has(desc)) return known.get(desc)
  const members: [string, Rewrite][] = []
  const rewrite: Rewrite = (json) => {
    const object = json as Record<string, JsonValue>
    for (const [name, member] of members) {
      const value = object[name]
      if (value !== undefined && value !== null) object[name] = member(value)
    }
    return json
  }
  known.set(desc, rewrite)
  for (const field of desc.fields) {
    const member = memberOf(field, known)
    if (member !== undefined) members.push([field.jsonName, member])
  }
  return rewrite
}

/** Creates the function for the JSON of one field. */
export function memberOf(
  field: DescField,
  known: Map<DescMessage, Rewrite | undefined> = new Map(),
): Rewrite | undefined {
  const { fieldKind, message } = field
  const isInteger = integers64.has(field.scalar)
  const one = isInteger ? toNumber : message && rewriteOf(message, known)
  if (one === undefined || fieldKind === 'scalar' || fieldKind === 'message') return one
  if (fieldKind === 'list') return (json) => (json as JsonValue[]).map(one)
  return (json) => {
    const object = json as Record<string, JsonValue>
    for (const [key, value] of Object.entries(object)) object[key] = one(value)
    return json
  }
}

/** Returns whether the type has 64-bit integers, also in nested types. */
function hasIntegers(desc: DescMessage, seen: Set<DescMessage>): boolean {
  if (seen.has(desc) || textual.has(desc.typeName)) return false
  seen.add(desc)
  return desc.fields.some(
    ({ scalar, message }) =>
      integers64.has(scalar) || (message !== undefined && hasIntegers(message, seen)),
  )
}
