import {
  create,
  type DescEnum,
  type DescField,
  type DescMessage,
  fromJson,
  ScalarType,
} from '@bufbuild/protobuf'
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect'
import { base64Decode } from '@bufbuild/protobuf/wire'
import { enumAdvice } from '@marquee/connect-hono/protobuf/json-values'
import { isTimestamp, timestampAdvice } from '@marquee/connect-hono/protobuf/timestamp'

/** A value of a field in a path or a query, as protobuf's reflection takes it. */
export type Value = string | number | bigint | boolean | Uint8Array | ReflectMessage

/** Thrown for a text that is no value of its field. The message says what to send. */
export class ValueError extends Error {
  override readonly name = 'ValueError'
}

/**
 * Parses the text of a field, or of an item of a repeated one. Scalars and enums are written as in
 * the JSON of protobuf, without quotes. So are timestamps, durations, field masks and wrappers.
 */
export function parseValue(field: DescField, text: string): Value {
  if (field.fieldKind === 'map') throw new ValueError('send a map in the body')
  if (field.enum !== undefined) return parseEnum(field.enum, text)
  if (field.scalar !== undefined) return parseScalar(field.scalar, text)
  return parseMessage(field.message as DescMessage, text)
}

/** Matches a number of JSON. */
const decimal = /^-?\d{1,400}(?:\.\d{1,400})?(?:e[+-]?\d{1,4})?$/i
const integer = /^-?\d{1,20}$/
/** Base64 in either alphabet, with or without padding. */
const base64 = /^(?:[\w+/-]{4})*(?:[\w+/-]{2}(?:==)?|[\w+/-]{3}=?)?$/

function parseScalar(scalar: ScalarType, text: string): Value {
  switch (scalar) {
    case ScalarType.STRING:
      return text
    case ScalarType.BOOL:
      if (text === 'true' || text === 'false') return text === 'true'
      throw new ValueError('send true or false')
    case ScalarType.BYTES:
      if (base64.test(text)) return base64Decode(text)
      throw new ValueError('send base64')
    case ScalarType.DOUBLE:
      return parseReal(text)
    case ScalarType.FLOAT:
      return parseReal(text, Math.fround)
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      if (integer.test(text)) return BigInt(text)
      throw new ValueError('send a whole number')
    default:
      if (integer.test(text)) return Number(text)
      throw new ValueError('send a whole number')
  }
}

/** @param round Rounds the number as the binary form does. */
function parseReal(text: string, round = (value: number) => value): number {
  if (/^(NaN|-?Infinity)$/.test(text)) return Number(text)
  if (!decimal.test(text)) throw new ValueError('send a number')
  const value = round(Number(text))
  if (Number.isFinite(value)) return value
  throw new ValueError('it is out of range')
}

function parseEnum(desc: DescEnum, text: string): number {
  const named = desc.values.find(({ name }) => name === text)
  if (named !== undefined) return named.number
  const number = Number(text)
  const isKnown = !desc.open || desc.value[number] !== undefined
  if (integer.test(text) && (desc.open || isKnown)) return number
  throw new ValueError(enumAdvice(desc))
}

const textual = new Set(['google.protobuf.Timestamp', 'google.protobuf.Duration'])
const wrapper = /^google\.protobuf\.(?:Bool|Bytes|Double|Float|String|U?Int(?:32|64))Value$/

function parseMessage(desc: DescMessage, text: string): ReflectMessage {
  const [value] = desc.fields
  if (wrapper.test(desc.typeName) && value?.scalar !== undefined) {
    const message = reflect(desc)
    message.set(value, parseScalar(value.scalar, text))
    return message
  }
  if (desc.typeName === 'google.protobuf.FieldMask') {
    return reflect(desc, create(desc, { paths: parseMask(text) }))
  }
  if (textual.has(desc.typeName)) return parseTextual(desc, text)
  throw new ValueError(`send ${desc.typeName} in the body, or its fields one by one`)
}

/** Fields of a message, or `*` for all. */
const maskPath = /^(?:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*|\*)$/

function parseMask(text: string): string[] {
  const paths = text === '' ? [] : text.split(',')
  if (paths.every((path) => maskPath.test(path))) return paths.map(toProtoName)
  throw new ValueError('send names of fields, separated by commas')
}

function parseTextual(desc: DescMessage, text: string): ReflectMessage {
  const isTime = desc.typeName === 'google.protobuf.Timestamp'
  if (isTime && !isTimestamp(text)) throw new ValueError(timestampAdvice)
  try {
    return reflect(desc, fromJson(desc, text))
  } catch {
    throw new ValueError(isTime ? timestampAdvice : 'send seconds: 1.5s')
  }
}

/** Field masks name fields as JSON does, or as the proto does. */
function toProtoName(path: string): string {
  return path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
