import type { ErrorDetail } from './call.ts'

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

/** The violations in an error's details (buf.validate.Violations), as JSON has them. */
export function violationsOf(details: readonly ErrorDetail[]): Violation[] {
  return details
    .filter(({ typeName, json }) => typeName === 'buf.validate.Violations' && json !== undefined)
    .flatMap(({ json = '{}' }) => (JSON.parse(json) as ViolationsJson).violations ?? [])
    .map(({ field, message, ruleId }) => ({
      path: pathText(field?.elements ?? []),
      message: violationText(message, ruleId),
    }))
}

/** A missing value is "Required", not "must be at least 1 characters". */
function violationText(message: string | undefined, ruleId: string | undefined): string {
  if (message && /^must be at least 1 characters?$/.test(message)) return 'Required'
  return message ?? ruleId ?? 'invalid value'
}

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
