import type { JsonObject, JsonValue } from '@bufbuild/protobuf'

/** Words for the patterns of the protos. */
const patternTexts: Readonly<Record<string, string>> = {
  '^[^\\t\\n\\v\\f\\r \\p{Cc}]+$': 'no spaces',
  '^([1-9][0-9]{0,9})?$': 'digits, without leading zeros',
  '^(tt[0-9]{7,10})?$': 'tt and 7 to 10 digits',
  '^(https://(boxd\\.it|letterboxd\\.com/film)/[A-Za-z0-9-]{1,96}/?)?$':
    'a link to boxd.it or letterboxd.com/film',
  '^([0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?)?$':
    'a date, its year and month, or its year',
}

/** Hint of a field whose values the form offers. */
export const definedOnly = 'one of the defined values'

/** A pattern in words. */
export function patternText(pattern: string): string {
  return patternTexts[pattern] ?? 'of a certain form'
}

/** Why a value breaks the rule of a pattern. */
export function patternProblem(pattern: string): string {
  return `Must be: ${patternText(pattern)}`
}

/** The length of a value in words, without a minimum of 1: such a field is marked as required. */
export function sized(min: JsonValue | undefined, max: JsonValue | undefined, noun: string) {
  const isLow = min === undefined || Number(min) <= 1
  if (max === undefined) return isLow ? undefined : `at least ${count(min)} ${noun}`
  return isLow ? `up to ${count(max)} ${noun}` : `${count(min)} to ${count(max)} ${noun}`
}

function count(value: JsonValue): string {
  return Number(value).toLocaleString('en')
}

/** A number with separators from 10,000 on, so that years have none: 1870, but 100,000. */
export function number(value: JsonValue | undefined): string {
  const parsed = Number(value)
  if (value === undefined || Number.isNaN(parsed)) return text(value)
  return Math.abs(parsed) < 10_000 ? String(parsed) : count(value)
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

export function object(value: JsonValue | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

export function objects(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.map(object) : []
}
