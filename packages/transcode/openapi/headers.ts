import type { DescField, DescMethod } from '@bufbuild/protobuf'
import type { Binding } from '../binding.ts'
import { conditionsOf } from '../request/condition.ts'
import { resumptionOf } from '../resumption.ts'
import type { Schema } from './json-schema.ts'
import { ofText } from './parameters.ts'
import type { Schemas } from './schemas.ts'

/** Returns whether the responses of an RPC to GET have an ETag. */
export type HasVersion = (method: DescMethod) => boolean

/** ETags with their quotes, separated by commas, or `*` (RFC 9110 §13.1.1). */
const etagList = {
  type: 'string',
  minLength: 1,
  pattern: '^(\\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$',
}

/**
 * Returns the headers that the operation of a binding reads: conditions (RFC 9110 §13.1), and the
 * position of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 */
export function headerParametersOf(
  binding: Binding,
  schemas: Schemas,
  hasVersion: HasVersion,
): Schema[] {
  const { rpc } = binding
  const isVersioned = isVersionedRead(binding, hasVersion)
  const conditions = isVersioned ? [ifChanged] : writeConditions(binding, schemas)
  const resumption = resumptionOf(rpc)
  if (resumption === undefined) return conditions
  const { description: _, ...schema } = ofText(schemas.ofField(resumption.field))
  const description = `The \`id\` of the last event that the client has. It replaces \`${resumption.field.name}\`.`
  return [...conditions, { name: 'Last-Event-ID', in: 'header', description, schema }]
}

const ifChanged: Schema = {
  name: 'If-None-Match',
  in: 'header',
  description: 'The `ETag` of the version that the client has: 304 when it is the current one.',
  schema: etagList,
}

function writeConditions({ rpc, method }: Binding, schemas: Schemas): Schema[] {
  if (method === 'GET') return []
  const { etag, mustNotExist } = conditionsOf(rpc.input)
  const parameters: Schema[] = []
  if (etag !== undefined) {
    const { maxLength } = schemas.ofField(etag)
    const schema = { ...etagList, ...(maxLength !== undefined && { maxLength }) }
    const description =
      'The write takes place only if the resource has one of these ETags, or `*` for any: 412 otherwise. It is the field `etag` of the request.'
    parameters.push({ name: 'If-Match', in: 'header', description, schema })
  }
  if (mustNotExist !== undefined) {
    const description =
      'The write takes place only if the resource does not exist: 412 otherwise. It is the field `must_not_exist` of the request.'
    const schema = { type: 'string', enum: ['*'] }
    parameters.push({ name: 'If-None-Match', in: 'header', description, schema })
  }
  return parameters
}

/** Returns whether an operation reads by GET, and has one response message. */
export function isRead({ rpc, method }: Binding): boolean {
  return method === 'GET' && rpc.methodKind === 'unary'
}

/** Returns whether the responses of a read have an ETag: those of one resource always do. */
export function isVersionedRead(binding: Binding, hasVersion: HasVersion): boolean {
  return isRead(binding) && (hasVersion(binding.rpc) || returnsResource(binding))
}

/** Returns the headers of the response of a binding that succeeds, as `headers`, or nothing. */
export function versionHeaders(binding: Binding, hasVersion: HasVersion): { headers?: Schema } {
  if (returnsResource(binding)) return { headers: { ETag: etagHeader('Version of the resource.') } }
  if (!isVersionedRead(binding, hasVersion)) return {}
  return { headers: { ETag: etagHeader('Version of the response.') } }
}

/** Response to a client that has the current version. */
export const notModified: Schema = {
  description: 'The client has the current version.',
  headers: { ETag: etagHeader('Version that the client has.') },
}

function etagHeader(description: string): Schema {
  return { description, required: true, schema: { type: 'string' } }
}

/**
 * Returns whether an operation reads or writes one resource, and returns it: the response has a
 * message with a field `etag`.
 */
function returnsResource({ rpc, method }: Binding): boolean {
  if (rpc.methodKind !== 'unary') return false
  const isWrite = conditionsOf(rpc.input).etag !== undefined
  return (method === 'GET' || isWrite) && rpc.output.fields.some(hasEtag)
}

function hasEtag({ fieldKind, message }: DescField): boolean {
  return (
    fieldKind === 'message' && message !== undefined && conditionsOf(message).etag !== undefined
  )
}
