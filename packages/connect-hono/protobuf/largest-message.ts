import {
  type DescField,
  type DescMessage,
  getOption,
  isFieldSet,
  ScalarType,
} from '@bufbuild/protobuf'
import {
  type BytesRules,
  BytesRulesSchema,
  type FieldRules,
  field as fieldRules,
  Ignore,
  MapRulesSchema,
  RepeatedRulesSchema,
  type StringRules,
  StringRulesSchema,
} from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'

/** Upper bounds of the valid messages or values of a type. Infinite when its rules set none. */
export interface Largest {
  readonly binaryBytes: number
  readonly jsonBytes: number
  /** Number of fields and items, including those of nested messages. */
  readonly elements: number
}

const infinite = Number.POSITIVE_INFINITY
const nothing: Largest = { binaryBytes: 0, jsonBytes: 0, elements: 0 }
/** Bounds of a number, a boolean or an enum value. JSON may have it as a string, or by name. */
const scalar: Largest = { binaryBytes: 10, jsonBytes: 64, elements: 1 }
/**
 * Bounds of a field mask, which has no rules: names of fields, far more than a message of ours has.
 * They are ASCII.
 */
const fieldMask: Largest = { binaryBytes: 8 * 1024, jsonBytes: 8 * 1024, elements: 128 }
/** Overhead of a value: tag and length, and in JSON punctuation and indentation. */
const overheadBytes = { binary: 10, json: 32 }
/** A code point in UTF-8, and as two escapes of JSON such as `\ud83d\ude00`. */
const codePointBytes = { binary: 4, json: 12 }
/** A byte of UTF-8 as an escape of JSON, such as `\u0041`; base64 is shorter. */
const escapeBytes = 6

/**
 * Derives the bounds of a valid message from the rules of its type (https://protovalidate.com).
 * @param within Types that contain the message. A recursive type has no bound.
 */
export function largestMessage(
  desc: DescMessage,
  within: ReadonlySet<DescMessage> = new Set(),
): Largest {
  if (desc.typeName === 'google.protobuf.FieldMask') return fieldMask
  if (within.has(desc)) {
    return { binaryBytes: infinite, jsonBytes: infinite, elements: infinite }
  }
  const inner = new Set([...within, desc])
  const fields = desc.fields.map((field) => {
    const { binaryBytes, jsonBytes, elements } = largestField(field, inner)
    const nameBytes = Math.max(field.name.length, field.jsonName.length)
    return { binaryBytes, jsonBytes: jsonBytes + overheadBytes.json + nameBytes, elements }
  })
  return sum({ binaryBytes: 0, jsonBytes: 2, elements: 1 }, ...fields)
}

function largestField(field: DescField, within: ReadonlySet<DescMessage>): Largest {
  const rules = rulesOf(field)
  if (field.fieldKind === 'list') {
    const repeated = rules?.type.case === 'repeated' ? rules.type.value : undefined
    const isBounded = repeated && isFieldSet(repeated, RepeatedRulesSchema.field.maxItems)
    const item = largestValue(field, repeated?.items, within)
    return times(isBounded ? Number(repeated.maxItems) : infinite, item)
  }
  if (field.fieldKind === 'map') {
    const map = rules?.type.case === 'map' ? rules.type.value : undefined
    const isBounded = map && isFieldSet(map, MapRulesSchema.field.maxPairs)
    const key = largestScalar(field.mapKey, map?.keys)
    const entry = sum(scalar, key, largestValue(field, map?.values, within))
    return times(isBounded ? Number(map.maxPairs) : infinite, entry)
  }
  return times(1, largestValue(field, rules, within))
}

function rulesOf(field: DescField): FieldRules | undefined {
  const rules = getOption(field, fieldRules)
  return rules.ignore === Ignore.ALWAYS ? undefined : rules
}

/** Returns the bounds of a field's value, or of one item. */
function largestValue(
  { message, scalar: type }: DescField,
  rules: FieldRules | undefined,
  within: ReadonlySet<DescMessage>,
): Largest {
  return message === undefined ? largestScalar(type, rules) : largestMessage(message, within)
}

function largestScalar(type: ScalarType | undefined, rules: FieldRules | undefined): Largest {
  if (type !== ScalarType.STRING && type !== ScalarType.BYTES) return scalar
  const { codePoints, bytes } = lengthsOf(rules)
  return {
    binaryBytes: Math.min(codePoints * codePointBytes.binary, bytes),
    jsonBytes: 2 + Math.min(codePoints * codePointBytes.json, bytes * escapeBytes),
    elements: 1,
  }
}

interface Lengths {
  readonly codePoints: number
  readonly bytes: number
}

/** Returns the maximum length of a string or bytes. */
function lengthsOf(rules: FieldRules | undefined): Lengths {
  if (rules?.type.case === 'string') return stringLengths(rules.type.value)
  const bytes = rules?.type.case === 'bytes' ? bytesLength(rules.type.value) : infinite
  return { codePoints: infinite, bytes }
}

function stringLengths(rules: StringRules): Lengths {
  const { maxLen, len, maxBytes, lenBytes, const: fixed } = StringRulesSchema.field
  const texts = isFieldSet(rules, fixed) ? [rules.const] : rules.in
  return {
    codePoints: least(
      isFieldSet(rules, maxLen) && rules.maxLen,
      isFieldSet(rules, len) && rules.len,
    ),
    bytes: least(
      isFieldSet(rules, maxBytes) && rules.maxBytes,
      isFieldSet(rules, lenBytes) && rules.lenBytes,
      texts.length > 0 && Math.max(...texts.map((text) => Buffer.byteLength(text))),
    ),
  }
}

function bytesLength(rules: BytesRules): number {
  const { maxLen, len, const: fixed } = BytesRulesSchema.field
  const values = isFieldSet(rules, fixed) ? [rules.const] : rules.in
  return least(
    isFieldSet(rules, maxLen) && rules.maxLen,
    isFieldSet(rules, len) && rules.len,
    values.length > 0 && Math.max(...values.map(({ length }) => length)),
  )
}

/** @param bounds False for a rule that is not set. */
function least(...bounds: readonly (number | bigint | false)[]): number {
  return Math.min(infinite, ...bounds.filter((bound) => bound !== false).map(Number))
}

function sum(...all: readonly Largest[]): Largest {
  return all.reduce((total, next) => ({
    binaryBytes: total.binaryBytes + next.binaryBytes,
    jsonBytes: total.jsonBytes + next.jsonBytes,
    elements: total.elements + next.elements,
  }))
}

function times(count: number, { binaryBytes, jsonBytes, elements }: Largest): Largest {
  if (count === 0) return nothing
  return {
    binaryBytes: count * (overheadBytes.binary + binaryBytes),
    jsonBytes: count * (overheadBytes.json + jsonBytes),
    elements: count * elements,
  }
}
