import {
  type DescField,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
  type Message,
  type Registry,
  toJson,
} from '@bufbuild/protobuf'
import { fieldRules } from './rules.ts'

/** Start of an error of protobuf-es that names a field by its full name. */
const fieldPrefix = /^cannot decode field (?:[\w]+\.)*(?<name>\w+) from JSON: /

/** A message that is being filled in: Protobuf JSON, with parts that may be invalid. */
export type Draft = JsonObject

/** The draft with the field set, or without it when the value is undefined. Keys keep their order. */
export function withField(draft: Draft, name: string, value: JsonValue | undefined): Draft {
  const { [name]: _, ...rest } = draft
  if (value === undefined) return rest
  return name in draft ? { ...draft, [name]: value } : { ...rest, [name]: value }
}

/** The draft of a new message, which has the messages that its rules require. */
export function emptyDraft(message: DescMessage, registry: Registry): Draft {
  const required = message.fields.filter(
    (field) => field.fieldKind === 'message' && fieldRules(field, registry).required,
  )
  return Object.fromEntries(required.map((field) => [field.jsonName, {}]))
}

/** The message, or the problem of the draft. */
export function parseDraft(
  desc: DescMessage,
  draft: JsonValue,
  registry: Registry,
): { readonly message: Message } | { readonly problem: string } {
  try {
    return { message: fromJson(desc, draft, { registry }) }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return { problem: text.replace(fieldPrefix, '$<name>: ') }
  }
}

/** The draft by JSON names and without default values. Throws when it is invalid. */
export function canonicalDraft(desc: DescMessage, draft: JsonValue, registry: Registry): Draft {
  return toJson(desc, fromJson(desc, draft, { registry }), { registry }) as Draft
}

/** The problem of a field's value by Protobuf's own rules, or undefined when it is valid. */
export function fieldProblem(
  field: DescField,
  value: JsonValue | undefined,
  registry: Registry,
): string | undefined {
  if (value === undefined) return undefined
  const parsed = parseDraft(field.parent, { [field.jsonName]: value }, registry)
  if (!('problem' in parsed)) return undefined
  const { problem } = parsed
  return problem.startsWith(`${field.name}: `) ? problem.slice(field.name.length + 2) : problem
}
