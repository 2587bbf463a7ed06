import type { DescField, JsonObject, JsonValue } from '@bufbuild/protobuf'
import { integer64, type Schema } from './json-schema.ts'
import type { Rules } from './rules.ts'

/** Adds rules of one type to the schema of a value. */
type Constrain = (schema: Schema, rules: JsonObject, field: DescField) => Schema

/** Adds the rules of a field to its schema. */
export function constrain(schema: Schema, rules: Rules, field: DescField): Schema {
  const [found] = Object.entries(rules).filter(([kind]) => kind in constraints)
  if (found === undefined) return schema
  const [kind, own] = found
  return constraints[kind]?.(schema, own as JsonObject, field) ?? schema
}

const constraints: Readonly<Record<string, Constrain>> = {
  string: constrainText,
  enum: constrainEnum,
  repeated: constrainList,
  map: constrainMap,
  ...ofEach(['int32', 'sint32', 'sfixed32', 'uint32', 'fixed32', 'float', 'double'], number),
  ...ofEach(['int64', 'sint64', 'sfixed64', 'uint64', 'fixed64'], integer),
}

function ofEach(kinds: readonly string[], one: Constrain): Record<string, Constrain> {
  return Object.fromEntries(kinds.map((kind) => [kind, one]))
}

/** Formats of strings, by their rule. */
const formats: Readonly<Record<string, string>> = {
  email: 'email',
  hostname: 'hostname',
  ipv4: 'ipv4',
  ipv6: 'ipv6',
  uri: 'uri',
  uriRef: 'uri-reference',
  uuid: 'uuid',
}

function constrainText(schema: Schema, rules: JsonObject): Schema {
  const { len, pattern } = rules
  const format = Object.keys(formats).find((name) => rules[name] === true)
  return {
    ...schema,
    ...numbersOf(rules, { minLen: 'minLength', maxLen: 'maxLength' }),
    ...(len !== undefined && { minLength: Number(len), maxLength: Number(len) }),
    ...(rules.in !== undefined && { enum: rules.in }),
    ...(rules.const !== undefined && { const: rules.const }),
    ...(typeof pattern === 'string' && { pattern: portable(pattern) }),
    ...(format !== undefined && { format: formats[format] }),
  }
}

/** Writes out the class of control characters, which not every engine knows. */
function portable(pattern: string): string {
  return pattern.replace(/\\p\{Cc\}/g, '\\u0000-\\u001f\\u007f-\\u009f')
}

function constrainEnum(schema: Schema, rules: JsonObject, field: DescField): Schema {
  const { notIn = [], in: only } = rules as { notIn?: number[]; in?: number[] }
  const allowed = (field.enum?.values ?? []).filter(
    ({ number }) => !notIn.includes(number) && (only === undefined || only.includes(number)),
  )
  return { ...schema, enum: allowed.map(({ name }) => name) }
}

function constrainList(schema: Schema, rules: JsonObject, field: DescField): Schema {
  const { items, unique } = rules
  return {
    ...schema,
    ...numbersOf(rules, { minItems: 'minItems', maxItems: 'maxItems' }),
    ...(unique === true && { uniqueItems: true }),
    ...(items !== undefined && {
      items: constrain(schema.items as Schema, items as Rules, field),
    }),
  }
}

function constrainMap(schema: Schema, rules: JsonObject, field: DescField): Schema {
  const { keys, values } = rules
  return {
    ...schema,
    ...numbersOf(rules, { minPairs: 'minProperties', maxPairs: 'maxProperties' }),
    ...(keys !== undefined && {
      propertyNames: constrain({ type: 'string' }, keys as Rules, field),
    }),
    ...(values !== undefined && {
      additionalProperties: constrain(
        schema.additionalProperties as Schema,
        values as Rules,
        field,
      ),
    }),
  }
}

function number(schema: Schema, rules: JsonObject): Schema {
  const bounds = { gte: 'minimum', gt: 'exclusiveMinimum', lte: 'maximum', lt: 'exclusiveMaximum' }
  return {
    ...schema,
    ...numbersOf(rules, bounds),
    ...(rules.const !== undefined && { const: Number(rules.const) }),
    ...(Array.isArray(rules.in) && { enum: rules.in.map(Number) }),
  }
}

/** An integer that its rules keep within 2^53 is never a string. */
function integer(schema: Schema, rules: JsonObject): Schema {
  const { pattern, ...bounded } = number(schema, rules) as Schema & Record<'minimum', number>
  const min = Number(rules.gte ?? rules.gt ?? Number.NEGATIVE_INFINITY)
  const max = Number(rules.lte ?? rules.lt ?? Number.POSITIVE_INFINITY)
  if (Number.isSafeInteger(min) && Number.isSafeInteger(max)) return { ...bounded, type: 'integer' }
  return {
    ...bounded,
    minimum: Math.max(bounded.minimum, Number.MIN_SAFE_INTEGER),
    maximum: Math.min(Number(bounded.maximum), Number.MAX_SAFE_INTEGER),
    pattern: min >= 0 ? nonNegative : (pattern ?? integer64.pattern),
  }
}

const nonNegative = '^[0-9]{1,20}$'

/** Returns rules as keywords of JSON Schema. In the JSON of protobuf, some numbers are strings. */
function numbersOf(rules: JsonObject, keywords: Readonly<Record<string, string>>): Schema {
  const found = Object.entries(keywords).filter(([name]) => rules[name] !== undefined)
  return Object.fromEntries(found.map(([name, keyword]) => [keyword, toNumber(rules[name])]))
}

function toNumber(value: JsonValue | undefined): JsonValue | undefined {
  return typeof value === 'string' ? Number(value) : value
}
