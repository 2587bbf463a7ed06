import type { DescField, DescMessage } from '@bufbuild/protobuf'
import type { FieldPath } from '../../field-path.ts'
import { conditionsOf } from '../../request/condition.ts'
import { isRead } from '../headers.ts'
import {
  type LinkedOperation,
  linkTo,
  type NamedLink,
  prefixOf,
  takesHeader,
} from './linked-operation.ts'

/** The first item of a list, or a message in it. */
interface Item {
  readonly message: DescMessage
  /** JSON pointer to it in the response: `/metadata/0`. */
  readonly pointer: string
}

/** Field of an item that has the value of a parameter. */
interface Source extends Item {
  readonly field: DescField
}

/**
 * Returns the links of a list to the operations on its first item: those that have a value of it for
 * every parameter of their paths. The ETag of the item is the condition of a write.
 */
export function itemLinks(
  from: LinkedOperation,
  operations: readonly LinkedOperation[],
): NamedLink[] {
  const item = itemOf(from)
  if (item === undefined) return []
  return operations.flatMap((to) => {
    const parameters = to === from ? {} : parametersOf(item, to, operations)
    return Object.keys(parameters).length === 0 ? [] : [linkTo(to.operation, parameters)]
  })
}

/**
 * Returns the first item of a response with one list of messages. A page may have more of them: its
 * items are in the first one (AIP-4233).
 */
function itemOf({ binding }: LinkedOperation): Item | undefined {
  const { rpc, responseBody } = binding
  if (!isRead(binding) || responseBody !== undefined) return undefined
  const lists = rpc.output.fields.filter(({ fieldKind, message }) => {
    return fieldKind === 'list' && message !== undefined
  })
  const [list] = lists
  const isPage = rpc.output.fields.some(({ name }) => name === 'next_page_token')
  if (list?.message === undefined || (lists.length > 1 && !isPage)) return undefined
  return { message: list.message, pointer: `/${list.jsonName}/0` }
}

/** Returns where an item has the parameters of a path: none, unless it has all of them. */
function parametersOf(
  item: Item,
  to: LinkedOperation,
  operations: readonly LinkedOperation[],
): Record<string, string> {
  if (to.binding.rpc.methodKind !== 'unary') return {}
  // Such as the type of a record, when the path is for one type alone.
  if (item.message.fields.some(({ name }) => name in to.pathFields)) return {}
  const parameters: Record<string, string> = {}
  let last: Source | undefined
  for (const [index, { name }] of to.path.parameters.entries()) {
    last = sourceOf(item, fieldsAt(prefixOf(to.path, index), operations))
    if (last === undefined) return {}
    parameters[`path.${name}`] = `$response.body#${last.pointer}/${last.field.jsonName}`
  }
  const etag = last && conditionsOf(last.message).etag
  if (etag !== undefined && takesHeader(to.operation, 'If-Match')) {
    parameters['header.If-Match'] = `$response.body#${last?.pointer}/${etag.jsonName}`
  }
  return parameters
}

/** Returns the fields that the paths of a document set by their parameter after a prefix. */
function fieldsAt(prefix: string, operations: readonly LinkedOperation[]): FieldPath[] {
  return operations.flatMap(({ path }) =>
    path.parameters.flatMap(({ field }, index) =>
      field !== undefined && prefixOf(path, index) === prefix ? [field] : [],
    ),
  )
}

/**
 * Returns the field of an item that has the value of one of these fields of requests: it has the
 * same name, or it is the same field of the same message, in the item or in a message of it.
 */
function sourceOf(item: Item, fields: readonly FieldPath[]): Source | undefined {
  for (const path of fields) {
    const field = path.at(-1) as DescField
    const owner = path.at(-2)?.message
    const holder = owner === undefined || owner === item.message ? item : partOf(item, owner)
    const own = holder?.message.fields.find(({ name, fieldKind }) => {
      return name === field.name && fieldKind === 'scalar'
    })
    if (holder !== undefined && own !== undefined) return { ...holder, field: own }
  }
  return undefined
}

/** Returns the message of a type in an item. */
function partOf({ message, pointer }: Item, type: DescMessage): Item | undefined {
  const part = message.fields.find((one) => one.fieldKind === 'message' && one.message === type)
  return part && { message: type, pointer: `${pointer}/${part.jsonName}` }
}
