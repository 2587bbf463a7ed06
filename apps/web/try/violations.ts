import type { ErrorDetail } from './call.ts'
import { patternProblem } from './rule-text.ts'

/** A rule that a field breaks, as the server reports it. */
export interface Violation {
  /** `records[0].record_id`, or empty for the whole message. */
  readonly path: string
  readonly message: string
}

interface PathElement {
  readonly fieldName?: string
  readonly index?: string
}

/**
 * The violations in an error's details (buf.validate.Violations), as JSON has them. A missing value
 * has only the one that it is required.
 */
export function violationsOf(details: readonly ErrorDetail[]): Violation[] {
  const all = reportedIn(details)
  const missing = new Set(all.filter(isRequired).map(({ path }) => path))
  return all.filter((one) => isRequired(one) || !missing.has(one.path))
}

function reportedIn(details: readonly ErrorDetail[]): Violation[] {
  return details
    .filter(({ typeName, json }) => typeName === 'buf.validate.Violations' && json !== undefined)
    .flatMap(({ json = '{}' }) => (JSON.parse(json) as ViolationsJson).violations ?? [])
    .map(({ field, message, ruleId }) => ({
      path: pathText(field?.elements ?? []),
      message: violationText(message, ruleId),
    }))
}

/** The messages of the violations by path. */
export function violationsByPath(
  details: readonly ErrorDetail[],
): ReadonlyMap<string, readonly string[]> {
  const byPath = Map.groupBy(violationsOf(details), ({ path }) => path)
  return new Map(
    [...byPath].map(([path, violations]) => [path, violations.map(({ message }) => message)]),
  )
}

const required = 'Required'

/** Messages of a service about a value that is missing: a text, a list, and a choice. */
const missingMessages: ReadonlySet<string> = new Set([
  'must be at least 1 characters',
  'must contain at least 1 item(s)',
  'must not be in list [0]',
])

function isRequired({ message }: Violation): boolean {
  return message === required
}

function violationText(message: string | undefined, ruleId: string | undefined): string {
  if (ruleId === 'required' || missingMessages.has(message ?? '')) return required
  const pattern = patternMessage.exec(message ?? '')?.groups?.pattern
  return pattern === undefined ? (message ?? ruleId ?? 'invalid value') : patternProblem(pattern)
}

/** Message of a service about a value that does not match a pattern, which is in words here. */
const patternMessage = /^does not match regex pattern `(?<pattern>.+)`$/s

interface ViolationsJson {
  readonly violations?: readonly {
    readonly field?: { readonly elements?: readonly PathElement[] }
    readonly message?: string
    readonly ruleId?: string
  }[]
}

/** The path as `fieldPath` and `itemPath` build it for the form, with the names of the proto. */
function pathText(elements: readonly PathElement[]): string {
  return elements.reduce((parent, { fieldName = '', index }) => {
    const path = fieldPath(parent, fieldName)
    return index === undefined ? path : itemPath(path, Number(index))
  }, '')
}

/** The path of a field in the message at `parent`. */
export function fieldPath(parent: string, fieldName: string): string {
  return parent === '' ? fieldName : `${parent}.${fieldName}`
}

/** The path of an item in the list at `parent`. */
export function itemPath(parent: string, index: number): string {
  return `${parent}[${index}]`
}
