import { type DescField, ScalarType } from '@bufbuild/protobuf'

/** A JSON Schema (2020-12), or an object with one in it, as OpenAPI 3.1 has them. */
export interface Schema {
  [keyword: string]: unknown
}

/** Limits of the integers that a number of JSON holds exactly. */
const exactMax = Number.MAX_SAFE_INTEGER
const exactMin = Number.MIN_SAFE_INTEGER

/** 64-bit integers, which are numbers up to 2^53 and strings beyond. */
export const integer64: Schema = {
  type: ['integer', 'string'],
  format: 'int64',
  minimum: exactMin,
  maximum: exactMax,
  pattern: '^-?[0-9]{1,20}$',
}

const unsigned64: Schema = { ...integer64, format: 'uint64', minimum: 0, pattern: '^[0-9]{1,20}$' }

const int32: Schema = {
  type: 'integer',
  format: 'int32',
  minimum: -(2 ** 31),
  maximum: 2 ** 31 - 1,
}
const uint32: Schema = { type: 'integer', format: 'uint32', minimum: 0, maximum: 2 ** 32 - 1 }

const scalars: Readonly<Record<ScalarType, Schema>> = {
  [ScalarType.STRING]: { type: 'string' },
  [ScalarType.BOOL]: { type: 'boolean' },
  [ScalarType.BYTES]: { type: 'string', contentEncoding: 'base64' },
  [ScalarType.DOUBLE]: { type: 'number', format: 'double' },
  [ScalarType.FLOAT]: { type: 'number', format: 'float' },
  [ScalarType.INT32]: int32,
  [ScalarType.SINT32]: int32,
  [ScalarType.SFIXED32]: int32,
  [ScalarType.UINT32]: uint32,
  [ScalarType.FIXED32]: uint32,
  [ScalarType.INT64]: integer64,
  [ScalarType.SINT64]: integer64,
  [ScalarType.SFIXED64]: integer64,
  [ScalarType.UINT64]: unsigned64,
  [ScalarType.FIXED64]: unsigned64,
}

/** Returns the schema of a scalar type, without rules. */
export function scalarSchema(scalar: ScalarType): Schema {
  return { ...scalars[scalar] }
}

/** Types of `google.protobuf` whose JSON differs from that of other messages. */
const wellKnown: Readonly<Record<string, Schema>> = {
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
  'google.protobuf.Duration': { type: 'string', pattern: '^-?[0-9]{1,12}(\\.[0-9]{1,9})?s$' },
  'google.protobuf.FieldMask': { type: 'string' },
  'google.protobuf.Struct': { type: 'object' },
  'google.protobuf.Value': {},
  'google.protobuf.ListValue': { type: 'array', items: {} },
  'google.protobuf.Any': { type: 'object', properties: { '@type': { type: 'string' } } },
  'google.protobuf.Empty': { type: 'object' },
  'google.protobuf.BoolValue': scalars[ScalarType.BOOL],
  'google.protobuf.BytesValue': scalars[ScalarType.BYTES],
  'google.protobuf.DoubleValue': scalars[ScalarType.DOUBLE],
  'google.protobuf.FloatValue': scalars[ScalarType.FLOAT],
  'google.protobuf.Int32Value': int32,
  'google.protobuf.Int64Value': integer64,
  'google.protobuf.StringValue': scalars[ScalarType.STRING],
  'google.protobuf.UInt32Value': uint32,
  'google.protobuf.UInt64Value': unsigned64,
}

/** Returns the schema of a type of `google.protobuf` with JSON of its own, or `undefined`. */
export function wellKnownSchema(typeName: string): Schema | undefined {
  const found = wellKnown[typeName]
  return found && { ...found }
}

/** Returns whether a query can have the field: not a map, and no list of messages. */
export function fitsQuery({ fieldKind, message }: DescField): boolean {
  if (fieldKind === 'map') return false
  return message === undefined || isText(wellKnown[message.typeName])
}

function isText(schema: Schema | undefined): boolean {
  return (
    schema !== undefined && schema.type !== 'object' && schema.type !== 'array' && 'type' in schema
  )
}
