import { Code, ConnectError } from '@connectrpc/connect'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { restError } from './rest-error.ts'
import { withReason } from './rpc-reasons.ts'
import { ShutdownError } from './shutdown-error.ts'
import { bounded } from './text.ts'

/** Creates the error of a call whose deadline, as its client set it, has passed. */
export function clientDeadlineExceeded(cause?: unknown): ConnectError {
  const text = 'the call took longer than its client waits'
  const error = new ConnectError(text, Code.DeadlineExceeded, undefined, undefined, cause)
  return withReason(error, 'CLIENT_DEADLINE_EXCEEDED')
}

/** Creates the error of a call that exceeds a time limit of the service. */
export function serviceDeadlineExceeded(
  text = 'the call took longer than the service allows',
): ConnectError {
  return withReason(new ConnectError(text, Code.DeadlineExceeded), 'SERVICE_DEADLINE_EXCEEDED')
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
  if (error instanceof ShutdownError) {
    return withReason(new ConnectError(error.message, Code.Unavailable), 'SHUTTING_DOWN')
  }
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return serviceDeadlineExceeded()
  }
  if (error instanceof DOMException && error.name === 'AbortError') {
    return new ConnectError('the client left', Code.Canceled)
  }
  if (isTemporary(error)) {
    const message = `the data is currently unavailable: call again later, request id ${requestId}`
    const unavailable = new ConnectError(message, Code.Unavailable, undefined, undefined, error)
    return withReason(unavailable, 'DATA_UNAVAILABLE', { requestId })
  }
  if (isDataLoss(error)) {
    const message = `the stored data is damaged, request id ${requestId}`
    const damaged = new ConnectError(message, Code.DataLoss, undefined, undefined, error)
    return withReason(damaged, 'DATA_DAMAGED', { requestId })
  }
  const message = `internal error, request id ${requestId}`
  const internal = new ConnectError(message, Code.Internal, undefined, undefined, error)
  return withReason(internal, 'INTERNAL_ERROR', { requestId })
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

/**
 * Returns a REST response: `{"code": "not_found", "message": "…", "details": […]}`, or a problem.
 * @param accept `Accept` of the request.
 */
export function toRestError(
  error: ConnectError,
  accept: string | undefined,
  status: ContentfulStatusCode = statusOf(error),
): Response {
  const { body, headers: list } = restError(error, { status, accept })
  const headers = new Headers({ vary: 'accept' })
  for (let index = 0; index < list.length; index += 2) {
    headers.set(list[index] as string, list[index + 1] as string)
  }
  return new Response(body as BodyInit, { status, headers })
}

/** An error with an HTTP status other than that of its code, for REST responses. */
export interface HttpError {
  readonly httpStatus: ContentfulStatusCode
}

function statusOf(error: ConnectError): ContentfulStatusCode {
  return (error as Partial<HttpError>).httpStatus ?? httpStatus[error.code]
}
