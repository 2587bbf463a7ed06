import type { DescMethod } from '@bufbuild/protobuf'
import type { Binding } from '../../binding.ts'
import { isRead } from '../headers.ts'
import type { Schema } from '../json-schema.ts'
import type { DocumentPath } from '../paths.ts'
import { itemLinks } from './item-links.ts'
import {
  type LinkedOperation,
  linkTo,
  type NamedLink,
  prefixOf,
  responseOf,
  takesHeader,
} from './linked-operation.ts'

/**
 * Adds links (https://spec.openapis.org/oas/v3.1.1#link-object) to the responses of operations that
 * succeed. By rule, from the descriptors:
 * - A write leads to the other operations on the same resource. When both have ETags, the next write
 *   has that of the response as its condition. It also leads to what is read and deleted by a path
 *   whose parameters its own path has.
 * - A list leads to its next page (https://google.aip.dev/158), and to the operations on its first
 *   item.
 */
export function addLinks(operations: readonly LinkedOperation[]): void {
  for (const from of operations) {
    const targets = isWrite(from.binding) ? operations : []
    const links = [
      ...targets.flatMap((to) => (to === from ? [] : linksBetween(from, to))),
      ...itemLinks(from, operations),
      ...nextPage(from),
    ]
    if (links.length > 0) responseOf(from).links = Object.fromEntries(links)
  }
}

/** Returns whether an operation leaves a resource that others find by the same path. */
function isWrite({ rpc, method }: Binding): boolean {
  return rpc.methodKind === 'unary' && (method === 'PUT' || method === 'PATCH')
}

function linksBetween(from: LinkedOperation, to: LinkedOperation): NamedLink[] {
  const isSame = from.path.text === to.path.text
  const { method, rpc } = to.binding
  if (rpc.methodKind !== 'unary' || !(isSame || method === 'GET' || method === 'DELETE')) return []
  const parameters = pathParameters(from, to)
  if (Object.keys(parameters).length === 0) return []
  if (isSame && hasHeader(from.operation, 'ETag') && takesHeader(to.operation, 'If-Match')) {
    parameters['header.If-Match'] = '$response.header.ETag'
  }
  return [linkTo(to.operation, parameters)]
}

/** Returns where one path has the parameters of another: none, unless it has all of them. */
function pathParameters(from: LinkedOperation, to: LinkedOperation): Record<string, string> {
  // Such as the type of a record, when the other path is for one type alone.
  if (from.path.parameters.some(({ name }) => name in to.pathFields)) return {}
  const sources = to.path.parameters.map(({ name }, index) => {
    return [name, sameParameter(from.path, to.path, index)] as const
  })
  if (sources.some(([, source]) => source === undefined)) return {}
  return Object.fromEntries(
    sources.map(([name, source]) => [`path.${name}`, `$request.path.${source}`]),
  )
}

/**
 * Returns the name of the parameter of one path that has the value of another's: it has the same
 * name, or the same fixed segments before it.
 */
function sameParameter(from: DocumentPath, to: DocumentPath, index: number): string | undefined {
  const { name } = to.parameters[index] as { name: string }
  const prefix = prefixOf(to, index)
  const found = from.parameters.find(
    (one, at) => one.name === name || prefixOf(from, at) === prefix,
  )
  return found?.name
}

function nextPage({ binding, operation }: LinkedOperation): NamedLink[] {
  const token = tokenOf(binding.rpc)
  if (!isRead(binding) || token === undefined) return []
  const parameters: Record<string, string> = {}
  for (const { name, in: place } of operation.parameters as { name: string; in: string }[]) {
    if (place === 'header') continue
    parameters[`${place}.${name}`] =
      name === 'page_token' ? `$response.body#/${token}` : `$request.${place}.${name}`
  }
  return [linkTo(operation, parameters)]
}

/** Returns the name in JSON of the token of the next page. */
function tokenOf({ input, output }: DescMethod): string | undefined {
  if (!input.fields.some(({ name }) => name === 'page_token')) return undefined
  return output.fields.find(({ name }) => name === 'next_page_token')?.jsonName
}

/** Returns whether the response always has a header. */
function hasHeader(operation: Schema, header: string): boolean {
  const { headers = {} } = responseOf({ operation }) as { headers?: Record<string, Schema> }
  return headers[header]?.required === true
}
