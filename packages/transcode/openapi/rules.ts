import {
  type DescField,
  type DescMessage,
  getOption,
  hasOption,
  type JsonObject,
  toJson,
} from '@bufbuild/protobuf'
import {
  FieldRulesSchema,
  field as fieldOption,
  message as messageOption,
} from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import type { Schema } from './json-schema.ts'

/** The rules of a field (https://protovalidate.com), as the JSON of `buf.validate.FieldRules`. */
export type Rules = JsonObject

/** `FeatureSet.FieldPresence.IMPLICIT`: a field that is absent has the value zero. */
const implicitPresence = 2

/** Returns the rules of a field, none for a field without. */
export function rulesOf(field: DescField): Rules {
  if (!hasOption(field, fieldOption)) return {}
  const rules = toJson(FieldRulesSchema, getOption(field, fieldOption)) as Rules
  return rules.ignore === 'IGNORE_ALWAYS' ? {} : rules
}

/** Returns the messages of the rules in CEL, which no schema can say. */
export function ruleTextsOf(desc: DescMessage | DescField): string[] {
  const rules = desc.kind === 'message' ? celOf(desc) : rulesOf(desc).cel
  return ((rules ?? []) as JsonObject[]).flatMap(({ message }) =>
    typeof message === 'string' && message !== '' ? [message] : [],
  )
}

function celOf(desc: DescMessage): JsonObject[] {
  if (!hasOption(desc, messageOption)) return []
  return getOption(desc, messageOption).cel.map(({ message }) => ({ message }))
}

/**
 * Returns whether the value that stands for an absent one breaks the rules, so that the field is
 * required.
 * @param schema The field's schema with its rules.
 */
export function isRequired(field: DescField, schema: Schema): boolean {
  const { required, ignore } = rulesOf(field)
  if (required === true) return true
  if (ignore !== undefined || field.oneof !== undefined || hasPresence(field)) return false
  const counts = [schema.minLength, schema.minItems, schema.minProperties]
  if (counts.some((count) => isAtLeast(count, 1))) return true
  if (field.fieldKind === 'enum') return !enumHas(schema, field.enum.values[0]?.name)
  const { pattern, minimum, exclusiveMinimum } = schema
  if (field.fieldKind === 'scalar' && typeof pattern === 'string' && schema.type === 'string') {
    return !new RegExp(pattern, 'u').test('')
  }
  return isAtLeast(exclusiveMinimum, 0) || (isAtLeast(minimum, 0) && minimum !== 0)
}

/** Returns the schema of a field whose rules do not hold for an empty or a zero value. */
export function orNothing(schema: Schema, { ignore }: Rules): Schema {
  if (ignore === undefined) return schema
  const { description, ...rest } = schema
  const nothing = rest.type === 'string' ? { type: 'string', maxLength: 0 } : { const: 0 }
  return { ...(description !== undefined && { description }), anyOf: [rest, nothing] }
}

function hasPresence({ fieldKind, presence }: DescField): boolean {
  if (fieldKind === 'list' || fieldKind === 'map') return false
  return fieldKind === 'message' || presence !== implicitPresence
}

function enumHas(schema: Schema, name: string | undefined): boolean {
  return !Array.isArray(schema.enum) || schema.enum.includes(name)
}

function isAtLeast(bound: unknown, min: number): boolean {
  return typeof bound === 'number' && bound >= min
}
