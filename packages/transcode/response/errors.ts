import { Code, type ConnectError } from '@connectrpc/connect'
import { errorToJson } from '@connectrpc/connect/protocol-connect'
import type { HttpError } from '@marquee/connect-hono/errors/errors'
import { retryAfterOf } from '@marquee/connect-hono/errors/retry-info'
import { ErrorInfoSchema } from '@marquee/connect-hono/gen/google/rpc/error_details_pb'
import type { JsonOptions } from '@marquee/connect-hono/protobuf/codec'
import { namesType } from '@marquee/http/accept'
import { mediaTypes } from './media-types.ts'

/** HTTP statuses by code, as `google/rpc/code.proto` maps them, with the names of RFC 9110 §15. */
const statuses: Readonly<Record<Code, readonly [status: number, title: string]>> = {
  [Code.Canceled]: [499, 'Client Closed Request'],
  [Code.Unknown]: [500, 'Internal Server Error'],
  [Code.InvalidArgument]: [400, 'Bad Request'],
  [Code.DeadlineExceeded]: [504, 'Gateway Timeout'],
  [Code.NotFound]: [404, 'Not Found'],
  [Code.AlreadyExists]: [409, 'Conflict'],
  [Code.PermissionDenied]: [403, 'Forbidden'],
  [Code.ResourceExhausted]: [429, 'Too Many Requests'],
  [Code.FailedPrecondition]: [400, 'Bad Request'],
  [Code.Aborted]: [409, 'Conflict'],
  [Code.OutOfRange]: [400, 'Bad Request'],
  [Code.Unimplemented]: [501, 'Not Implemented'],
  [Code.Internal]: [500, 'Internal Server Error'],
  [Code.Unavailable]: [503, 'Service Unavailable'],
  [Code.DataLoss]: [500, 'Internal Server Error'],
  [Code.Unauthenticated]: [401, 'Unauthorized'],
}

/** Statuses of requests that reach no handler. */
const titles: ReadonlyMap<number, string> = new Map([
  [405, 'Method Not Allowed'],
  [406, 'Not Acceptable'],
  [412, 'Precondition Failed'],
  [413, 'Content Too Large'],
  [415, 'Unsupported Media Type'],
])

/** Body of a response that failed, with its status and type. */
export interface ErrorBody {
  readonly status: number
  /** Names and values: the type, and `Retry-After` when the error says when to retry. */
  readonly headers: readonly string[]
  readonly body: Uint8Array
}

/**
 * Writes an error for its client: the JSON of Connect's errors, or problem details (RFC 9457) when
 * `Accept` names them. A problem has the reason of the error and its metadata as members of its own.
 * @param status Default: that of the error, or of its code.
 */
export function errorBody(
  error: ConnectError,
  accept: string | undefined,
  jsonOptions: JsonOptions,
  status: number = statusOf(error),
): ErrorBody {
  const isProblem = namesType(accept, mediaTypes.problem)
  const json = errorToJson(error, jsonOptions) as Record<string, unknown>
  const { code, details } = json
  const title = titles.get(status) ?? statuses[error.code][1]
  const { reason, metadata } = infoOf(details)
  const head = { type: 'about:blank', title, status, detail: error.rawMessage }
  const problem = { ...head, code, reason, metadata, details }
  const body = new TextEncoder().encode(JSON.stringify(isProblem ? problem : json))
  const headers = ['content-type', isProblem ? mediaTypes.problem : mediaTypes.json]
  const retryAfter = retryAfterOf(error)
  if (retryAfter !== undefined) headers.push('retry-after', retryAfter)
  return { status, headers, body }
}

/** Returns the `google.rpc.ErrorInfo` of details in JSON. */
function infoOf(details: unknown): { reason?: string; metadata?: unknown } {
  const list = (details ?? []) as readonly { readonly type: string; readonly debug?: object }[]
  return list.find(({ type }) => type === ErrorInfoSchema.typeName)?.debug ?? {}
}

/** Returns an error as a member of a stream: `{"code": "unavailable", "message": "…"}`. */
export function errorJson(error: ConnectError, jsonOptions: JsonOptions): string {
  return JSON.stringify(errorToJson(error, jsonOptions))
}

function statusOf(error: ConnectError): number {
  return (error as Partial<HttpError>).httpStatus ?? statuses[error.code][0]
}
