import type { DescMethod } from '@bufbuild/protobuf'
import type { Binding } from '../binding.ts'
import { maskFieldOf } from '../request/implied-mask.ts'
import { setByPath } from '../request/path-fields.ts'
import { mediaTypes } from '../response/media-types.ts'
import { commentOf, type Descriptions } from './descriptions.ts'
import { exampleBody, pathsBelow } from './examples.ts'
import {
  type HasVersion,
  headerParametersOf,
  isVersionedRead,
  notModified,
  versionHeaders,
} from './headers.ts'
import type { Schema } from './json-schema.ts'
import { parametersOf } from './parameters.ts'
import type { DocumentPath } from './paths.ts'
import { errorResponses } from './responses.ts'
import { isRequired } from './rules.ts'
import type { Schemas } from './schemas.ts'

/** Callers of an operation. */
export interface OperationAccess {
  /** Security requirements, of which a call meets one. An empty one is met by every call. */
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  /** The same in words. */
  readonly text: string
}

export interface OperationOptions {
  readonly binding: Binding
  /** Position of the binding among those of its RPC. */
  readonly index: number
  readonly path: DocumentPath
  readonly schemas: Schemas
  readonly descriptions: Descriptions
  readonly access: OperationAccess | undefined
  readonly hasVersion: HasVersion
  /** Values of fields that the path stands for, by name. */
  readonly pathFields: Readonly<Record<string, string>>
}

/** Returns the operation of a binding. */
export function operationOf(options: OperationOptions): Schema {
  const { binding, index, path, schemas, descriptions, access, hasVersion, pathFields } = options
  const { rpc, method, variables } = binding
  const { name, parent } = rpc
  const requests = descriptions.examples[`${parent.typeName}.${name}`] ?? []
  const example = requests[index] ?? requests[0]
  const requestBody = bodyOf(options, example)
  const isPublic = access?.security.some((one) => Object.keys(one).length === 0) ?? true
  const traits = { rpc, method, isPublic, hasBody: requestBody !== undefined }
  return {
    operationId: `${parent.name}_${name}${index === 0 ? '' : `_${index + 1}`}`,
    tags: [parent.name],
    summary: summaryOf(name),
    description: [commentOf(descriptions, rpc), access?.text].filter(Boolean).join('\n\n'),
    parameters: [
      ...parametersOf({ binding, path, schemas, example, pathFields }),
      ...headerParametersOf(binding, schemas, hasVersion),
    ],
    ...(requestBody && { requestBody }),
    responses: {
      200: responseOf(binding, schemas, hasVersion),
      ...(isVersionedRead(binding, hasVersion) && { 304: notModified }),
      ...errorResponses({ ...traits, hasVariables: variables.length > 0 }),
    },
    ...(access && { security: access.security }),
  }
}

/** Returns the words of a name: "Batch get movie ids". */
function summaryOf(name: string): string {
  const words = name.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return words[0]?.toUpperCase() + words.slice(1)
}

function bodyOf(options: OperationOptions, example: object | undefined): Schema | undefined {
  const { binding, schemas, pathFields } = options
  const { rpc, body } = binding
  if (body === undefined) return undefined
  const value = exampleBody({ body, variables: setByPath(binding, pathFields) }, example)
  if (isStreamOfRequests(rpc)) {
    const lines = value === undefined ? undefined : `${JSON.stringify(value)}\n`
    return {
      required: true,
      content: { [mediaTypes.lines]: linesOf(schemas.ofMessage(rpc.input), lines) },
    }
  }
  const schema = bodySchema(options)
  const isNeeded = body === '*' ? isEmptyInvalid(schemas, schema) : isRequired(body, schema)
  const content = { schema, ...(value !== undefined && { example: value }) }
  return { ...(isNeeded && { required: true }), content: { [mediaTypes.json]: content } }
}

function isStreamOfRequests({ methodKind }: DescMethod): boolean {
  return methodKind === 'client_streaming' || methodKind === 'bidi_streaming'
}

/** Returns the schema of the body, without the fields of the path. */
function bodySchema(options: OperationOptions): Schema {
  const { binding, schemas, index, pathFields } = options
  const { rpc, body, variables } = binding
  const name = `${rpc.name}Body${index === 0 ? '' : index + 1}`
  if (body === undefined || body === '*') {
    return schemas.ofPart(name, rpc.input, setByPath(binding, pathFields))
  }
  const inside = pathsBelow(body, variables)
  if (body.fieldKind !== 'message' || inside.length === 0) return schemas.ofField(body)
  // A body of a partial update may leave out every field.
  const optional = maskFieldOf(binding) ? body.message.fields : []
  return schemas.ofPart(name, body.message, inside, optional)
}

/** Returns whether a message without any field breaks the rules. */
function isEmptyInvalid({ components }: Schemas, { $ref }: Schema): boolean {
  const name = String($ref).slice('#/components/schemas/'.length)
  return Array.isArray(components[name]?.required)
}

function responseOf(binding: Binding, schemas: Schemas, hasVersion: HasVersion): Schema {
  const { rpc, responseBody } = binding
  const whole = responseBody ? schemas.ofField(responseBody) : schemas.ofMessage(rpc.output)
  const isStream = rpc.methodKind === 'server_streaming' || rpc.methodKind === 'bidi_streaming'
  if (!isStream) {
    const content = { [mediaTypes.json]: { schema: whole } }
    const headers = versionHeaders(binding, hasVersion)
    return { description: 'The call succeeded.', ...headers, content }
  }
  const line = { anyOf: [whole, { $ref: '#/components/schemas/StreamFailure' }] }
  return {
    description:
      'A message at a time. An error after the first one is the last line, or the event `error`.',
    content: {
      [mediaTypes.lines]: linesOf(line),
      [mediaTypes.otherLines]: linesOf(line),
      [mediaTypes.events]: { schema: { ...textOf(whole), contentMediaType: mediaTypes.events } },
    },
  }
}

/** Describes lines of JSON. Each of them is what `contentSchema` says. */
function linesOf(line: Schema, example?: string): Schema {
  const schema = { ...textOf(line), contentMediaType: mediaTypes.lines }
  return { schema, ...(example !== undefined && { example }) }
}

function textOf(contentSchema: Schema): Schema {
  return { type: 'string', contentSchema }
}
