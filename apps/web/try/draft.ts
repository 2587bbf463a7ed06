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

/** How protobuf's errors name a field, by its full name. */
const fieldPrefix = /^cannot decode field (?:[\w]+\.)*(?<name>\w+) from JSON: /

/** A message as it is being filled in: protobuf's JSON by JSON names, of which parts may still be wrong. */
export type Draft = JsonObject

/** The draft with the field set, or without it when the value is undefined; keys keep their places. */
export function withField(draft: Draft, name: string, value: JsonValue | undefined): Draft {
  const { [name]: _, ...rest } = draft
  if (value === undefined) return rest
  return name in draft ? { ...draft, [name]: value } : { ...rest, [name]: value }
}

/** What a new message begins with: messages that its rules require are there to be filled in. */
export function emptyDraft(message: DescMessage, registry: Registry): Draft {
  const required = message.fields.filter(
    (field) => field.fieldKind === 'message' && fieldRules(field, registry).required,
  )
  return Object.fromEntries(required.map((field) => [field.jsonName, {}]))
}

/** The message, or what is wrong with the draft. */
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

/** The draft as JSON has it: by JSON names and without what is the default anyway. Throws when it is wrong. */
export function canonicalDraft(desc: DescMessage, draft: JsonValue, registry: Registry): Draft {
  return toJson(desc, fromJson(desc, draft, { registry }), { registry }) as Draft
}

/** What is wrong with the value of a field, by protobuf's own rules; undefined when nothing is. */
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
