import { Code, ConnectError } from '@connectrpc/connect'
import { errorToJson } from '@connectrpc/connect/protocol-connect'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { ShutdownError } from './shutdown-error.ts'
import { bounded } from './text.ts'

/** The message of a call whose deadline, as its client set it, has passed. */
export const lateForClient = 'the call took longer than its client waits'

/** The error of a call whose deadline, as its client set it, has passed. */
export function clientWaitsNoLonger(cause?: unknown): ConnectError {
  return new ConnectError(lateForClient, Code.DeadlineExceeded, undefined, undefined, cause)
}

/** The HTTP status of a REST answer for each code of an RPC. Connect has a table of its own. */
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
 * What a caller may know of an error, within `errorLimits`. A `ConnectError` was meant for the caller, and an aborted
 * signal says why. Any other error is `INTERNAL`, or `UNAVAILABLE` when it is marked as `temporary`: because the store does not answer, for
 * one; or `DATA_LOSS` when it is marked so. All with the request id by which the log has the whole of it.
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
    const message = `the data cannot be reached now: call again later, request id ${requestId}`
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

/** Marks an error whose code is one of the service's faults because its protocol has it so: the client is at fault. */
export const clientFault = { isClientFault: true } as const

/** Whether an error is nothing that who runs the service has to know. */
export function isClientFault(error: unknown): boolean {
  return error instanceof Error && (error as Partial<typeof clientFault>).isClientFault === true
}

/** What the log is told: all of it, also where the caller is told less. */
export function toLoggedError(error: ConnectError): unknown {
  const tellsLess = [Code.Internal, Code.Unavailable, Code.DataLoss].includes(error.code)
  return tellsLess ? (error.cause ?? error) : error
}

/** The error as a REST answer: `{"code": "not_found", "message": "…", "details": […]}`. */
export function toRestError(
  error: ConnectError,
  status: ContentfulStatusCode = statusOf(error),
): Response {
  // Not `Response.json`, whose content type is another one on Bun.
  const body = JSON.stringify(errorToJson(error, undefined))
  return new Response(body, { status, headers: { 'content-type': 'application/json' } })
}

/** An error that has a status of its own in responses by HTTP alone. */
export interface HttpError {
  readonly httpStatus: ContentfulStatusCode
}

function statusOf(error: ConnectError): ContentfulStatusCode {
  return (error as Partial<HttpError>).httpStatus ?? httpStatus[error.code]
}
