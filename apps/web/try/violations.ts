import type { ErrorDetail } from './call.ts'

/** What a server says is wrong with a field. */
export interface Violation {
  /** `records[0].recordId`, `labels["a"]`, or empty for the whole message. */
  readonly path: string
  readonly message: string
}

interface PathElement {
  readonly fieldName?: string
  readonly index?: string
  readonly boolKey?: boolean
  readonly intKey?: string
  readonly uintKey?: string
  readonly stringKey?: string
}

/** The violations in an error's details (buf.validate.Violations), as JSON has them. */
export function violationsOf(details: readonly ErrorDetail[]): Violation[] {
  return details
    .filter(({ typeName, json }) => typeName === 'buf.validate.Violations' && json !== undefined)
    .flatMap(({ json = '{}' }) => (JSON.parse(json) as ViolationsJson).violations ?? [])
    .map(({ field, message, ruleId }) => ({
      path: pathText(field?.elements ?? []),
      message: message ?? ruleId ?? 'breaks a rule',
    }))
}

interface ViolationsJson {
  readonly violations?: readonly {
    readonly field?: { readonly elements?: readonly PathElement[] }
    readonly message?: string
    readonly ruleId?: string
  }[]
}

/** A path as `childPath` and `itemPath` of the form make it, by the names of the proto. */
function pathText(elements: readonly PathElement[]): string {
  return elements.reduce((path, { fieldName = '', ...keys }) => {
    const { index, boolKey, intKey, uintKey, stringKey } = keys
    const key = boolKey ?? intKey ?? uintKey ?? stringKey
    const own = fieldPath(path, fieldName)
    if (index !== undefined) return itemPath(own, Number(index))
    return key === undefined ? own : entryPath(own, String(key))
  }, '')
}

/** The path of a field of the message at the path. */
export function fieldPath(parent: string, fieldName: string): string {
  return parent === '' ? fieldName : `${parent}.${fieldName}`
}

/** The path of an item of the list at the path. */
export function itemPath(parent: string, index: number): string {
  return `${parent}[${index}]`
}

/** The path of an entry of the map at the path. */
export function entryPath(parent: string, key: string): string {
  return `${parent}[${JSON.stringify(key)}]`
}
