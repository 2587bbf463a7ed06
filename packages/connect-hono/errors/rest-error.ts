import type { ConnectError } from '@connectrpc/connect'
import { errorToJson } from '@connectrpc/connect/protocol-connect'
import { namesType } from '@marquee/http/accept'
import { ErrorInfoSchema } from '../gen/google/rpc/error_details_pb.ts'
import type { JsonOptions } from '../protobuf/codec.ts'
import { retryAfterOf } from './retry-info.ts'

/** Type of problem details (RFC 9457). */
export const problemType = 'application/problem+json'

/** Names of the statuses of errors (RFC 9110 §15, RFC 6585). */
const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  421: 'Misdirected Request',
  429: 'Too Many Requests',
  499: 'Client Closed Request',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
}

/** Response of REST that failed. */
export interface RestError {
  readonly status: number
  /** Names and values: the type, and `Retry-After` when the error says when to retry. */
  readonly headers: readonly string[]
  readonly body: Uint8Array
}

export interface RestErrorOptions {
  readonly status: number
  /** `Accept` of the request. */
  readonly accept: string | undefined
  /** Default: those of `toJson`. */
  readonly jsonOptions?: JsonOptions | undefined
}

/**
 * Writes an error for its client: the JSON of Connect's errors, or problem details (RFC 9457) when
 * `Accept` names them. A problem has the reason of the error and its metadata as members of its own.
 */
export function restError(
  error: ConnectError,
  { status, accept, jsonOptions }: RestErrorOptions,
): RestError {
  const isProblem = namesType(accept, problemType)
  const json = errorToJson(error, jsonOptions) as Record<string, unknown>
  const { code, details } = json
  const { reason, metadata } = infoOf(details)
  const head = { type: 'about:blank', title: titles[status], status, detail: error.rawMessage }
  const problem = { ...head, code, reason, metadata, details }
  const body = new TextEncoder().encode(JSON.stringify(isProblem ? problem : json))
  const headers = ['content-type', isProblem ? problemType : 'application/json']
  const retryAfter = retryAfterOf(error)
  if (retryAfter !== undefined) headers.push('retry-after', retryAfter)
  return { status, headers, body }
}

/** Returns the `google.rpc.ErrorInfo` of details in JSON. */
function infoOf(details: unknown): { reason?: string; metadata?: unknown } {
  const list = (details ?? []) as readonly { readonly type: string; readonly debug?: object }[]
  return list.find(({ type }) => type === ErrorInfoSchema.typeName)?.debug ?? {}
}
