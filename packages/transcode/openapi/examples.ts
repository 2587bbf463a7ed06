import type { DescField } from '@bufbuild/protobuf'
import type { Binding } from '../binding.ts'
import type { FieldPath } from '../field-path.ts'

type Json = Readonly<Record<string, unknown>>

/** Returns the value of a field of an example, or `undefined` when it has none. */
export function exampleAt(example: object | undefined, path: FieldPath): unknown {
  return path.reduce<unknown>(
    (value, { jsonName }) => (value as Json | undefined)?.[jsonName],
    example,
  )
}

/** Returns the body of an example, without what the path has. `undefined` when it has none. */
export function exampleBody(
  { body, variables }: Pick<Binding, 'body' | 'variables'>,
  example: object | undefined,
): unknown {
  if (example === undefined || body === undefined) return undefined
  if (body === '*') return without(example as Json, variables)
  const value = exampleAt(example, [body])
  if (body.fieldKind !== 'message' || value === undefined) return value
  return without(value as Json, pathsBelow(body, variables))
}

/** Returns the rest of the paths that begin with a field. */
export function pathsBelow(field: DescField, paths: readonly FieldPath[]): FieldPath[] {
  return paths.filter(([first]) => first === field).map((path) => path.slice(1))
}

function without(example: Json, paths: readonly FieldPath[]): Json {
  const entries = Object.entries(example).flatMap(([name, value]): [string, unknown][] => {
    const below = paths.filter(([first]) => first?.jsonName === name).map((path) => path.slice(1))
    if (below.length === 0) return [[name, value]]
    return below.some(({ length }) => length === 0) ? [] : [[name, without(value as Json, below)]]
  })
  return Object.fromEntries(entries)
}
