import {
  create,
  type DescEnum,
  type DescField,
  type DescMessage,
  type JsonValue,
} from '@bufbuild/protobuf'
import {
  FieldPathElementSchema,
  FieldPathSchema,
  ViolationSchema,
  ViolationsSchema,
} from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { Code, ConnectError } from '@connectrpc/connect'
import { fieldText } from '../errors/field-violations.ts'
import { withReason } from '../errors/rpc-reasons.ts'
import { quoted } from '../errors/text.ts'
import { untyped } from './exact-integers.ts'
import { isTimestamp, timestampAdvice } from './timestamp.ts'

/** Path to a value, from the outermost message. */
type Path = readonly Step[]

interface Step {
  readonly field: DescField
  /** Index in a list, or key in a map. */
  readonly key?: number | string
}

/** Maximum nesting of messages whose values are checked: `fromJson` refuses deeper ones. */
const depthMax = 100
const timestampType = 'google.protobuf.Timestamp'

/**
 * Checks values in the JSON of a message that `fromJson` takes for others: timestamps that no
 * calendar has, and unknown names of enums, which it ignores with unknown fields. Throws
 * `INVALID_ARGUMENT` with the name of the field. JSON that is no such message otherwise is for
 * `fromJson`.
 */
export function checkJson(desc: DescMessage, json: JsonValue): void {
  checkMessage(desc, json, [])
}

/** Returns `checkJson` for texts. Parses only a text that may have such a value. */
export function jsonTextCheckOf(desc: DescMessage): (text: string) => void {
  const names = [...namesOfValues(desc)].map((name) => JSON.stringify(name))
  if (names.length === 0) return () => {}
  return (text) => {
    // A name may have escapes.
    if (!names.some((name) => text.includes(name)) && !text.includes('\\')) return
    let json: JsonValue
    try {
      json = JSON.parse(text)
    } catch {
      // The parser of the message reports it.
      return
    }
    checkMessage(desc, json, [])
  }
}

function checkMessage(desc: DescMessage, json: JsonValue, path: Path): void {
  if (path.length >= depthMax || typeof json !== 'object' || json === null) return
  const fields = checkedFields(desc)
  for (const [name, value] of Object.entries(json)) {
    const field = fields.get(name)
    if (field !== undefined) checkField(field, value as JsonValue, path)
  }
}

function checkField(field: DescField, json: JsonValue, path: Path): void {
  const { fieldKind } = field
  if (fieldKind !== 'list' && fieldKind !== 'map') {
    checkValue(field, json, [...path, { field }])
  } else if (typeof json === 'object' && json !== null) {
    for (const [key, item] of Object.entries(json)) {
      const step = { field, key: fieldKind === 'list' ? Number(key) : key }
      checkValue(field, item as JsonValue, [...path, step])
    }
  }
}

function checkValue(field: DescField, json: JsonValue, path: Path): void {
  const { enum: desc, message } = field
  if (json === null) return
  if (desc !== undefined) {
    // A number without a name is for the rules of the contract.
    if (typeof json !== 'string' || namesOfEnum(desc).has(json)) return
    throw refusal(path, json, 'enum.defined_only', enumAdvice(desc))
  }
  if (message === undefined) return
  if (message.typeName !== timestampType) checkMessage(message, json, path)
  else if (typeof json !== 'string' || !isTimestamp(json)) {
    throw refusal(path, json, 'timestamp', timestampAdvice)
  }
}

const enumNames = new WeakMap<DescEnum, ReadonlySet<string>>()

function namesOfEnum(desc: DescEnum): ReadonlySet<string> {
  const known = enumNames.get(desc)
  if (known !== undefined) return known
  const names = new Set(desc.values.flatMap(({ name, jsonName }) => [name, jsonName]))
  enumNames.set(desc, names)
  return names
}

/** Returns the advice of an error about a text that is no name of the enum. */
export function enumAdvice({ values }: DescEnum): string {
  return `send one of ${values.map(({ name }) => name).join(', ')}`
}

const fieldsOf = new WeakMap<DescMessage, ReadonlyMap<string, DescField>>()

/** Returns the fields that have such values, or messages with them, by their names in JSON. */
function checkedFields(desc: DescMessage): ReadonlyMap<string, DescField> {
  const known = fieldsOf.get(desc)
  if (known !== undefined) return known
  const checked = desc.fields.filter(
    (field) => hasValue(field) || (field.message !== undefined && isChecked(field.message)),
  )
  const fields = new Map(checked.flatMap((field) => namesOf(field).map((name) => [name, field])))
  fieldsOf.set(desc, fields)
  return fields
}

function namesOf({ name, jsonName }: DescField): string[] {
  return [name, jsonName]
}

function isChecked(desc: DescMessage): boolean {
  return namesOfValues(desc).size > 0
}

/** Returns the names of the fields, nested ones too, that have such values. */
function namesOfValues(desc: DescMessage, seen = new Set<DescMessage>()): Set<string> {
  if (seen.has(desc) || untyped.has(desc.typeName)) return new Set()
  seen.add(desc)
  return new Set(
    desc.fields.flatMap((field) => {
      if (hasValue(field)) return namesOf(field)
      return field.message === undefined ? [] : [...namesOfValues(field.message, seen)]
    }),
  )
}

function hasValue({ enum: desc, message }: DescField): boolean {
  return desc !== undefined || message?.typeName === timestampType
}

/** Returns the error of a value, in the form of an error of a rule of the contract. */
function refusal(path: Path, json: JsonValue, rule: string, advice: string): ConnectError {
  const elements = path.map(({ field, key }) =>
    create(FieldPathElementSchema, {
      fieldName: field.name,
      fieldNumber: field.number,
      subscript: subscriptOf(key),
    }),
  )
  const field = create(FieldPathSchema, { elements })
  const given = typeof json === 'string' ? json : JSON.stringify(json)
  const message = `is ${quoted(given)}: ${advice}`
  const violation = create(ViolationSchema, { field, ruleId: rule, message })
  const detail = { desc: ViolationsSchema, value: { violations: [violation] } }
  const text = `${fieldText(field)} ${message}`
  const error = new ConnectError(text, Code.InvalidArgument, undefined, [detail])
  return withReason(error, 'FIELD_INVALID', { field: fieldText(field), rule })
}

function subscriptOf(key: number | string | undefined) {
  if (key === undefined) return { case: undefined }
  if (typeof key === 'string') return { case: 'stringKey', value: key } as const
  return { case: 'index', value: BigInt(key) } as const
}
