import { Code, type ConnectError } from '@connectrpc/connect'
import { errorToJson } from '@connectrpc/connect/protocol-connect'
import type { HttpError } from '@marquee/connect-hono/errors/errors'
import { reasonOf } from '@marquee/connect-hono/errors/reason'
import { type RestError, restError } from '@marquee/connect-hono/errors/rest-error'
import type { JsonOptions } from '@marquee/connect-hono/protobuf/codec'

/** HTTP statuses by code, as `google/rpc/code.proto` maps them. */
const statuses: Readonly<Record<Code, number>> = {
  [Code.Canceled]: 499,
  [Code.Unknown]: 500,
  [Code.InvalidArgument]: 400,
  [Code.DeadlineExceeded]: 504,
  [Code.NotFound]: 404,
  [Code.AlreadyExists]: 409,
  [Code.PermissionDenied]: 403,
  [Code.ResourceExhausted]: 429,
  [Code.FailedPrecondition]: 400,
  [Code.Aborted]: 409,
  [Code.OutOfRange]: 400,
  [Code.Unimplemented]: 501,
  [Code.Internal]: 500,
  [Code.Unavailable]: 503,
  [Code.DataLoss]: 500,
  [Code.Unauthenticated]: 401,
}

/**
 * Writes an error for its client: see `restError`.
 * @param status Default: that of the error, or of its code.
 */
export function errorBody(
  error: ConnectError,
  accept: string | undefined,
  jsonOptions: JsonOptions,
  status: number = statusOf(error),
): RestError {
  return restError(error, { status, accept, jsonOptions })
}

/** Returns an error as a member of a stream: `{"code": "unavailable", "message": "…"}`. */
export function errorJson(error: ConnectError, jsonOptions: JsonOptions): string {
  return JSON.stringify(errorToJson(error, jsonOptions))
}

/** Reasons of errors that mean HTTP 413. With 429, clients would send the request again. */
const tooLarge: ReadonlySet<string | undefined> = new Set([
  'MESSAGE_TOO_LARGE',
  'MESSAGE_TOO_COMPLEX',
])

function statusOf(error: ConnectError): number {
  const { httpStatus } = error as Partial<HttpError>
  return httpStatus ?? (tooLarge.has(reasonOf(error)?.name) ? 413 : statuses[error.code])
}
