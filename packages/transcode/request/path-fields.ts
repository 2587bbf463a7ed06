import type { DescField, DescMessage } from '@bufbuild/protobuf'
import type { Binding } from '../binding.ts'
import type { FieldPath } from '../field-path.ts'
import type { PathTemplate } from '../path/template.ts'

/**
 * Values of request fields that a path stands for, by its beginning and by name:
 * `{'/v1/movies': {record_type: 'movie'}}`. Like a variable of the path, they count where the body
 * says otherwise, and no query can set them.
 */
export type PathFields = Readonly<Record<string, Readonly<Record<string, string>>>>

/** Returns the values of a path, by the name of the field. Not every request has these fields. */
export function pathFieldsOf(
  { text }: PathTemplate,
  pathFields: PathFields,
): Record<string, string> {
  const own = Object.entries(pathFields).filter(
    ([start]) => text.startsWith(start) && /^(?:[/:]|$)/.test(text.slice(start.length)),
  )
  return Object.fromEntries(own.flatMap(([, values]) => Object.entries(values)))
}

/** Returns the fields of a request that its path stands for, with their values. */
export function fixedFieldsOf(
  { fields }: DescMessage,
  own: Readonly<Record<string, string>>,
): [DescField, string][] {
  return fields.flatMap((field): [DescField, string][] => {
    const value = own[field.name]
    return value === undefined ? [] : [[field, value]]
  })
}

/** Returns the fields that are variables of a path, and those that it stands for. */
export function setByPath(
  { rpc, variables }: Pick<Binding, 'rpc' | 'variables'>,
  own: Readonly<Record<string, string>>,
): FieldPath[] {
  return [...variables, ...fixedFieldsOf(rpc.input, own).map(([field]) => [field])]
}
