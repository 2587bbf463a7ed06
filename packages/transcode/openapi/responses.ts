import type { DescMethod } from '@bufbuild/protobuf'
import { mediaTypes } from '../response/media-types.ts'
import type { Schema } from './json-schema.ts'

/** Errors of operations, by status, with the name and the description of their response. */
const errors: Readonly<Record<number, readonly [name: string, description: string]>> = {
  400: ['InvalidRequest', 'The request breaks a rule. `message` names the field and what to send.'],
  401: ['Unauthenticated', 'The token is missing, expired or not valid.'],
  403: ['PermissionDenied', 'The token does not have the role that the operation needs.'],
  404: ['NotFound', 'What the path names does not exist.'],
  406: ['NotAcceptable', 'The response has none of the types in `Accept`.'],
  409: ['Conflict', 'It exists already, or another call changed it meanwhile: call again.'],
  412: [
    'PreconditionFailed',
    'A condition of the request is not met, or not supported: nothing was changed. The detail `google.rpc.ErrorInfo` has the current `etag`.',
  ],
  413: ['ContentTooLarge', 'The body, or one message of it, is too large.'],
  414: ['UriTooLong', 'The path and the query are too long. Send fewer ids, or a shorter query.'],
  415: ['UnsupportedMediaType', 'The body has a type or an encoding that is not supported.'],
  429: [
    'TooManyRequests',
    'The client has used up its allowance. `Retry-After` says when to call again.',
  ],
  431: ['HeadersTooLarge', 'The headers are too large.'],
  500: ['Internal', 'An error of the service. `message` has the id by which its log names it.'],
  501: ['Unimplemented', 'This instance runs without the part that the operation needs.'],
  503: ['Unavailable', 'The service, or one that it needs, is not available: call again later.'],
  504: ['DeadlineExceeded', 'The call took longer than its deadline, or than the service allows.'],
}

const always = [400, 401, 406, 414, 429, 431, 500, 501, 503, 504]
/** Errors of the HTTP server, before it knows who is called. */
const plain = new Set([414, 431])

/** Properties of an operation that decide which errors it has. */
export interface OperationTraits {
  readonly rpc: DescMethod
  readonly method: string
  readonly hasBody: boolean
  readonly hasVariables: boolean
  /** True when everybody may call it. */
  readonly isPublic: boolean
}

/** Returns references to the errors of an operation, by status. */
export function errorResponses(traits: OperationTraits): Record<string, Schema> {
  const isRead = traits.method === 'GET'
  const statuses = [
    ...always,
    ...(traits.isPublic ? [] : [403]),
    ...(traits.hasVariables ? [404] : []),
    ...(isRead ? [] : [409, 412]),
    ...(traits.hasBody ? [413, 415] : []),
  ].sort((a, b) => a - b)
  return Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${errors[status]?.[0]}` }]),
  )
}

/** Returns the responses of errors that operations refer to. @param used Names of responses. */
export function errorComponents(used: ReadonlySet<string>): Record<string, Schema> {
  const entries = Object.entries(errors).filter(([, [name]]) => used.has(name))
  return Object.fromEntries(
    entries.map(([status, [name, description]]) => [
      name,
      {
        description,
        ...headersOf(Number(status)),
        content: plain.has(Number(status)) ? plainContent : errorContent,
      },
    ]),
  )
}

const plainContent = { 'text/plain': { schema: { type: 'string' } } }

const errorContent = {
  [mediaTypes.json]: { schema: { $ref: '#/components/schemas/ConnectError' } },
  [mediaTypes.problem]: { schema: { $ref: '#/components/schemas/ProblemDetails' } },
}

function headersOf(status: number): Schema {
  const text = { type: 'string' }
  if (status === 401 || status === 403) {
    const description = 'Challenge of RFC 6750.'
    return { headers: { 'WWW-Authenticate': { description, schema: text } } }
  }
  if (status !== 429 && status !== 503) return {}
  const description = 'Time to wait, in seconds.'
  return { headers: { 'Retry-After': { description, schema: { type: 'integer', minimum: 0 } } } }
}

const code: Schema = {
  type: 'string',
  enum: [
    ...['canceled', 'unknown', 'invalid_argument', 'deadline_exceeded', 'not_found'],
    ...['already_exists', 'permission_denied', 'resource_exhausted', 'failed_precondition'],
    ...['aborted', 'out_of_range', 'unimplemented', 'internal', 'unavailable', 'data_loss'],
    'unauthenticated',
  ],
}

const details: Schema = {
  type: 'array',
  items: {
    type: 'object',
    required: ['type', 'value'],
    properties: {
      type: { type: 'string', description: 'Full name of the message: `google.rpc.RetryInfo`.' },
      value: { type: 'string', contentEncoding: 'base64', description: 'The message, in binary.' },
      debug: { description: 'The message, as JSON.' },
    },
  },
}

/** Schemas of errors. */
export const errorSchemas: Readonly<Record<string, Schema>> = {
  ConnectError: {
    type: 'object',
    description:
      'An error, as the Connect protocol writes it (https://connectrpc.com/docs/protocol#error-end-stream).',
    required: ['code'],
    properties: {
      code,
      message: { type: 'string', description: 'What is wrong, and what to do.' },
      details,
    },
  },
  StreamFailure: {
    type: 'object',
    description: 'The last line of a stream that failed after its first message.',
    required: ['error'],
    properties: { error: { $ref: '#/components/schemas/ConnectError' } },
  },
  ProblemDetails: {
    type: 'object',
    description: 'A problem of RFC 9457, for `Accept: application/problem+json`.',
    required: ['type', 'title', 'status', 'code'],
    properties: {
      type: { type: 'string', format: 'uri-reference' },
      title: { type: 'string' },
      status: { type: 'integer', minimum: 400, maximum: 599 },
      detail: { type: 'string', description: 'What is wrong, and what to do.' },
      code,
      reason: { type: 'string', description: 'What is wrong, for programs: `MOVIE_NOT_FOUND`.' },
      metadata: {
        type: 'object',
        description: 'Values that belong to the reason.',
        additionalProperties: { type: 'string' },
      },
      details,
    },
  },
}
