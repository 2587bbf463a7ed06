import type { DescField, DescMessage } from '@bufbuild/protobuf'
import type { Binding } from '../binding.ts'
import { type FieldPath, nameOf } from '../field-path.ts'
import { setByPath } from '../request/path-fields.ts'
import { exampleAt } from './examples.ts'
import { fitsQuery, type Schema, wellKnownSchema } from './json-schema.ts'
import type { DocumentPath } from './paths.ts'
import { isRequired, rulesOf } from './rules.ts'
import type { Schemas } from './schemas.ts'

/** Maximum depth of the fields of nested messages that are parameters of a query. */
export const queryDepthMax = 5

export interface ParametersOptions {
  readonly binding: Binding
  readonly path: DocumentPath
  readonly schemas: Schemas
  /** Request of the operation. Default: none. */
  readonly example: object | undefined
  /** Values of fields that the path stands for, by name. */
  readonly pathFields: Readonly<Record<string, string>>
}

/** Returns the parameters of an operation: of its path, then of its query. */
export function parametersOf(options: ParametersOptions): Schema[] {
  const { path, schemas, example } = options
  const inPath = path.parameters.map(({ name, field, isRest }) => {
    const last = field?.at(-1)
    const { description, ...schema } = last === undefined ? text : ofText(schemas.ofField(last))
    const note = isRest ? 'It may have several segments.' : undefined
    const about = [description, note].filter((one) => one !== undefined).join('\n\n')
    const value = field && exampleAt(example, field)
    return {
      name,
      in: 'path',
      required: true,
      ...(about !== '' && { description: about }),
      schema,
      ...(value !== undefined && { example: value }),
    }
  })
  return [...inPath, ...queryOf(options)]
}

const text: Schema = { type: 'string' }

/**
 * Returns the schema of a field whose value is a text. A path has no empty value, and integers of
 * paths, queries and headers are written without quotes.
 */
export function ofText(schema: Schema): Schema {
  const { anyOf, ...rest } = schema
  const [first] = (anyOf ?? []) as Schema[]
  const { pattern, ...own } = { ...first, ...rest }
  if (Array.isArray(own.type)) return { ...own, type: 'integer' }
  return pattern === undefined ? own : { ...own, pattern }
}

function queryOf({ binding, schemas, example, pathFields }: ParametersOptions): Schema[] {
  const { rpc, body } = binding
  if (body === '*') return []
  const fixed = setByPath(binding, pathFields)
  const isTaken = (path: FieldPath) =>
    path[0] === body || fixed.some((variable) => excludes(variable, path))
  return leavesOf(rpc.input, [], isTaken).map((path) => {
    const field = path.at(-1) as DescField
    const { description, ...schema } = querySchema(schemas, field)
    const needed = path.every((one) => isRequired(one, schemas.ofField(one)))
    const value = exampleAt(example, path)
    return {
      name: nameOf(path),
      in: 'query',
      ...(needed && { required: true }),
      ...(description !== undefined && { description }),
      schema,
      ...(value !== undefined && { example: value }),
    }
  })
}

function querySchema(schemas: Schemas, field: DescField): Schema {
  const schema = schemas.ofField(field)
  const isNothing = rulesOf(field).ignore !== undefined
  if (field.fieldKind !== 'list') return isNothing ? schema : ofText(schema)
  return { ...schema, items: ofText(schema.items as Schema) }
}

/** Returns whether a variable sets the field, or another of the same oneof. */
function excludes(variable: FieldPath, path: FieldPath): boolean {
  for (const [index, field] of path.entries()) {
    const other = variable[index]
    if (other === undefined) return false
    if (other !== field) return field.oneof !== undefined && field.oneof === other.oneof
  }
  return path.length === variable.length
}

/** Returns the fields that a query may name, also those of nested messages. */
function leavesOf(
  desc: DescMessage,
  parents: FieldPath,
  isTaken: (path: FieldPath) => boolean,
): FieldPath[] {
  return desc.fields.flatMap((field) => {
    const path = [...parents, field]
    if (isTaken(path)) return []
    if (fitsQuery(field)) return [path]
    const { fieldKind, message } = field
    const isOpen = fieldKind === 'message' && message && !wellKnownSchema(message.typeName)
    const isRepeated = parents.some((parent) => parent.message === message)
    if (!isOpen || isRepeated || path.length === queryDepthMax) return []
    return leavesOf(message, path, isTaken)
  })
}
