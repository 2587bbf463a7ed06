import {
  type DescField,
  type DescMessage,
  getOption,
  hasOption,
  type JsonObject,
  type JsonValue,
  type Message,
  type Registry,
  toJson,
} from '@bufbuild/protobuf'

/** The protovalidate rules of a field (buf/validate/validate.proto). */
export interface FieldRules {
  readonly required: boolean
  /** The rules in words, for the form. */
  readonly hints: readonly string[]
}

/** The rules of a field, read with the option types in the registry. */
export function fieldRules(field: DescField, registry: Registry): FieldRules {
  const rules = optionOf(field, 'buf.validate.field', registry)
  return { required: rules.required === true, hints: hintsOf(rules) }
}

/** The rules across fields, with the text of the proto. */
export function messageHints(message: DescMessage, registry: Registry): string[] {
  const rules = optionOf(message, 'buf.validate.message', registry)
  return objects(rules.cel).flatMap(({ message: text }) => (text ? [String(text)] : []))
}

function optionOf(desc: DescField | DescMessage, name: string, registry: Registry): JsonObject {
  const extension = registry.getExtension(name)
  if (extension?.message === undefined || !hasOption(desc, extension)) return {}
  const option = getOption(desc, extension) as Message
  return object(toJson(extension.message, option, { registry }))
}

function hintsOf(rules: JsonObject): string[] {
  const { required, cel, ignore, ...kinds } = rules
  const own = Object.values(kinds).flatMap((rule) => kindHints(object(rule)))
  const custom = objects(cel).flatMap(({ message }) => (message ? [String(message)] : []))
  return [...own, ...custom]
}

function kindHints(rule: JsonObject): string[] {
  return [
    sized(rule.minLen, rule.maxLen, 'characters'),
    sized(rule.minItems, rule.maxItems, 'items'),
    between(rule),
    rule.definedOnly === true ? 'one of the defined values' : undefined,
    rule.pattern === undefined ? undefined : `matches ${rule.pattern}`,
    ...eachItem(rule.items),
  ].filter((hint) => hint !== undefined)
}

function eachItem(rules: JsonValue | undefined): string[] {
  return rules === undefined ? [] : hintsOf(object(rules)).map((hint) => `each: ${hint}`)
}

function sized(min: JsonValue | undefined, max: JsonValue | undefined, noun: string) {
  if (min === undefined && max === undefined) return undefined
  if (max === undefined) return `at least ${number(min)} ${noun}`
  return min === undefined
    ? `at most ${number(max)} ${noun}`
    : `${number(min)} to ${number(max)} ${noun}`
}

function between({ gte, lte }: JsonObject): string | undefined {
  if (gte === undefined) return lte === undefined ? undefined : `${number(lte)} or less`
  return lte === undefined ? `${number(gte)} or more` : `${number(gte)} to ${number(lte)}`
}

/** A number with separators from 10,000 on, so that years have none: 1870, but 100,000. */
function number(value: JsonValue | undefined): string {
  const count = Number(value)
  if (value === undefined || Number.isNaN(count)) return text(value)
  return Math.abs(count) < 10_000 ? String(count) : count.toLocaleString('en')
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function object(value: JsonValue | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

function objects(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.map(object) : []
}
