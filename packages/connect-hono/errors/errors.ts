import { Code, ConnectError } from '@connectrpc/connect'
import { errorToJson } from '@connectrpc/connect/protocol-connect'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { ShutdownError } from './shutdown-error.ts'
import { bounded } from './text.ts'

/** Message of the error when the deadline that the client set has passed. */
export const clientDeadlineText = 'the call took longer than its client waits'

/** Creates the error of a call whose deadline, as its client set it, has passed. */
export function clientDeadlineExceeded(cause?: unknown): ConnectError {
  return new ConnectError(clientDeadlineText, Code.DeadlineExceeded, undefined, undefined, cause)
}

/** HTTP statuses of REST responses by code. The Connect protocol has another table. */
const httpStatus: Readonly<Record<Code, ContentfulStatusCode>> = {
  [Code.Canceled]: 499 as ContentfulStatusCode,
  [Code.Unknown]: 500,
  [Code.InvalidArgument]: 400,
  [Code.DeadlineExceeded]: 504,
  [Code.NotFound]: 404,
  [Code.AlreadyExists]: 409,
  [Code.PermissionDenied]: 403,
  [Code.ResourceExhausted]: 413,
  [Code.FailedPrecondition]: 400,
  [Code.Aborted]: 409,
  [Code.OutOfRange]: 400,
  [Code.Unimplemented]: 404,
  [Code.Internal]: 500,
  [Code.Unavailable]: 503,
  [Code.DataLoss]: 500,
  [Code.Unauthenticated]: 401,
}

/**
 * Converts an error to the one that the client sees, within `errorLimits`. A `ConnectError` stays
 * as it is, and the reason of an aborted signal gets its code. An error with `temporary: true` (the
 * store is unreachable, for example) becomes `UNAVAILABLE`, one with `dataLoss: true` becomes
 * `DATA_LOSS`, and any other `INTERNAL`. These three name only the request id, by which the log has
 * the whole error.
 */
export function toConnectError(error: unknown, requestId: string): ConnectError {
  if (error instanceof ConnectError) return bounded(error)
  if (error instanceof ShutdownError) return new ConnectError(error.message, Code.Unavailable)
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return new ConnectError('the call took longer than the service allows', Code.DeadlineExceeded)
  }
  if (error instanceof DOMException && error.name === 'AbortError') {
    return new ConnectError('the client left', Code.Canceled)
  }
  if (isTemporary(error)) {
    const message = `the data is currently unavailable: call again later, request id ${requestId}`
    return new ConnectError(message, Code.Unavailable, undefined, undefined, error)
  }
  if (isDataLoss(error)) {
    const message = `the stored data is damaged, request id ${requestId}`
    return new ConnectError(message, Code.DataLoss, undefined, undefined, error)
  }
  const message = `internal error, request id ${requestId}`
  return new ConnectError(message, Code.Internal, undefined, undefined, error)
}

function isTemporary(error: unknown): boolean {
  return error instanceof Error && (error as { temporary?: unknown }).temporary === true
}

function isDataLoss(error: unknown): boolean {
  return error instanceof Error && (error as { dataLoss?: unknown }).dataLoss === true
}

/**
 * Mark of an error that the client caused, although the protocol gives it the code of a server
 * fault.
 */
export const clientFault = { isClientFault: true } as const

/** Returns whether the client caused the error, so that operators need not see it. */
export function isClientFault(error: unknown): boolean {
  return error instanceof Error && (error as Partial<typeof clientFault>).isClientFault === true
}

/** Returns the error for the log: the whole cause, also where the client sees less. */
export function toLoggedError(error: ConnectError): unknown {
  const hidesCause = [Code.Internal, Code.Unavailable, Code.DataLoss].includes(error.code)
  return hidesCause ? (error.cause ?? error) : error
}

/** Returns a REST response: `{"code": "not_found", "message": "…", "details": […]}`. */
export function toRestError(
  error: ConnectError,
  status: ContentfulStatusCode = statusOf(error),
): Response {
  // Not `Response.json`: its content type differs on Bun.
  const body = JSON.stringify(errorToJson(error, undefined))
  return new Response(body, { status, headers: { 'content-type': 'application/json' } })
}

/** An error with an HTTP status other than that of its code, for REST responses. */
export interface HttpError {
  readonly httpStatus: ContentfulStatusCode
}

function statusOf(error: ConnectError): ContentfulStatusCode {
  return (error as Partial<HttpError>).httpStatus ?? httpStatus[error.code]
}
