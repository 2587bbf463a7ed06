import type { DescField, DescMessage, JsonObject, JsonValue } from '@bufbuild/protobuf'
import type { Binding } from '../binding.ts'
import { nameOf } from '../field-path.ts'

/**
 * Returns the field `update_mask` of the request, when a PATCH without it changes the fields that
 * its body names (https://google.aip.dev/134).
 */
export function maskFieldOf({ rpc, method, body }: Binding): DescField | undefined {
  if (method !== 'PATCH' || body === '*' || body?.fieldKind !== 'message') return undefined
  return rpc.input.fields.find(
    ({ name, message, fieldKind }) =>
      name === 'update_mask' &&
      fieldKind === 'message' &&
      message?.typeName === 'google.protobuf.FieldMask',
  )
}

/** Returns the names of the fields that the path has, within the body: `id` of `book.id`. */
export function pathFieldsOf({ variables, body }: Binding): ReadonlySet<string> {
  const inBody = variables.filter(([first, ...rest]) => first === body && rest.length > 0)
  return new Set(inBody.map((path) => nameOf(path.slice(1))))
}

/**
 * Returns the paths of the fields that a JSON object names, those of nested messages one by one:
 * `author.full_name`. Other names are left out, as the parser ignores them.
 */
export function namedPaths(desc: DescMessage, json: JsonObject): string[] {
  return Object.entries(json).flatMap(([key, value]) => {
    const field = desc.fields.find(({ name, jsonName }) => key === jsonName || key === name)
    return field === undefined ? [] : pathsWithin(field, value)
  })
}

function pathsWithin(field: DescField, value: JsonValue): string[] {
  const isWhole = field.fieldKind !== 'message' || isWellKnown(field.message) || !isObject(value)
  const nested = isWhole ? [] : namedPaths(field.message, value)
  return nested.length === 0 ? [field.name] : nested.map((path) => `${field.name}.${path}`)
}

/** Their JSON is not that of their fields. */
function isWellKnown({ typeName }: DescMessage): boolean {
  return typeName.startsWith('google.protobuf.')
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
