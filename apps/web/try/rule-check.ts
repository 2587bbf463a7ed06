import type { JsonObject, JsonValue } from '@bufbuild/protobuf'
import { number, patternProblem } from './rule-text.ts'

/** Why the value breaks one of these rules, or `undefined`. An empty value breaks only `required`. */
export function checkRules(
  kinds: readonly JsonObject[],
  required: boolean,
  value: JsonValue | undefined,
): string | undefined {
  const isEmpty = value === undefined || value === '' || (Array.isArray(value) && !value.length)
  if (isEmpty) return required ? 'Required' : undefined
  return kinds.map((rules) => checkKind(rules, value)).find((problem) => problem !== undefined)
}

function checkKind(rules: JsonObject, value: JsonValue): string | undefined {
  if (Array.isArray(value)) {
    return isOver(value.length, rules.maxItems)
      ? `At most ${number(rules.maxItems)} items`
      : undefined
  }
  if (rules.gte !== undefined && Number(value) < Number(rules.gte)) {
    return `Must be ${number(rules.gte)} or more`
  }
  if (isOver(Number(value), rules.lte)) return `Must be ${number(rules.lte)} or less`
  return typeof value === 'string' ? checkText(rules, value) : undefined
}

function checkText({ minLen, maxLen, pattern }: JsonObject, value: string): string | undefined {
  const length = [...value].length
  if (isOver(length, maxLen))
    return `At most ${number(maxLen)} characters; it has ${number(length)}`
  if (length < Number(minLen ?? 0)) return `At least ${number(minLen)} characters`
  if (pattern === undefined || new RegExp(String(pattern), 'u').test(value)) return undefined
  return patternProblem(String(pattern))
}

function isOver(size: number, max: JsonValue | undefined): boolean {
  return max !== undefined && size > Number(max)
}
