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
import { checkRules } from './rule-check.ts'
import { definedOnly, number, object, objects, patternText, sized } from './rule-text.ts'

/** The protovalidate rules of a field (buf/validate/validate.proto). */
export interface FieldRules {
  /** True when the field must have a value, which for a text is one character or more. */
  readonly required: boolean
  /** The rules in words, for the form. */
  readonly hints: readonly string[]
  /** Messages of the rules in CEL, which say what is wrong. */
  readonly messages: readonly string[]
  /** The regular expressions behind the words. */
  readonly patterns: readonly string[]
  /** Why the value breaks a rule, or `undefined`. The server checks all rules; this, the usual ones. */
  readonly problemOf: (value: JsonValue | undefined) => string | undefined
}

/** The rules of a field, read with the option types in the registry. */
export function fieldRules(field: DescField, registry: Registry): FieldRules {
  const { ignore, ...rules } = optionOf(field, 'buf.validate.field', registry)
  const kinds = kindsOf(rules)
  const mayBeEmpty = ignore === 'IGNORE_IF_ZERO_VALUE' || ignore === 'IGNORE_ALWAYS'
  const needsSome = kinds.some(({ minLen, minItems }) => Number(minLen ?? minItems ?? 0) >= 1)
  const required = rules.required === true || (needsSome && !mayBeEmpty)
  return {
    required,
    hints: hintsOf(rules),
    messages: messagesOf(rules),
    patterns: kinds.flatMap(patternsOf),
    problemOf: (value) => checkRules(kinds, required, value),
  }
}

/** The rules across fields, with the text of the proto. */
export function messageHints(message: DescMessage, registry: Registry): string[] {
  return messagesOf(optionOf(message, 'buf.validate.message', registry))
}

function optionOf(desc: DescField | DescMessage, name: string, registry: Registry): JsonObject {
  const extension = registry.getExtension(name)
  if (extension?.message === undefined || !hasOption(desc, extension)) return {}
  const option = getOption(desc, extension) as Message
  return object(toJson(extension.message, option, { registry }))
}

/** The rules by the kind of the value: those of `string`, `int32`, `repeated` and so on. */
function kindsOf({ required: _, cel: __, ...kinds }: JsonObject): JsonObject[] {
  return Object.values(kinds).map(object)
}

function hintsOf({ ignore: _, ...rules }: JsonObject): string[] {
  return kindsOf(rules).flatMap(kindHints)
}

function messagesOf({ cel }: JsonObject): string[] {
  return objects(cel).flatMap(({ message }) => (message ? [String(message)] : []))
}

function kindHints(rule: JsonObject): string[] {
  return [
    sized(rule.minLen, rule.maxLen, 'characters'),
    sized(rule.minItems, rule.maxItems, 'items'),
    between(rule),
    rule.definedOnly === true ? definedOnly : undefined,
    rule.pattern === undefined ? undefined : patternText(String(rule.pattern)),
    ...eachItem(rule.items),
  ].filter((hint) => hint !== undefined)
}

function eachItem(rules: JsonValue | undefined): string[] {
  return rules === undefined ? [] : hintsOf(object(rules)).map((hint) => `each: ${hint}`)
}

function patternsOf({ pattern, items }: JsonObject): string[] {
  const ofItems = items === undefined ? [] : kindsOf(object(items)).flatMap(patternsOf)
  return pattern === undefined ? ofItems : [String(pattern), ...ofItems]
}

function between({ gte, lte }: JsonObject): string | undefined {
  if (isTime(gte) && isTime(lte)) return `the years ${yearOf(gte)} to ${yearOf(lte)}`
  if (gte === undefined) return lte === undefined ? undefined : `${number(lte)} or less`
  return lte === undefined ? `${number(gte)} or more` : `${number(gte)} to ${number(lte)}`
}

function isTime(bound: JsonValue | undefined): bound is string {
  return typeof bound === 'string' && /^\d{4}-\d\d-\d\dT/.test(bound)
}

function yearOf(time: string): number {
  return Number(time.slice(0, 4))
}
