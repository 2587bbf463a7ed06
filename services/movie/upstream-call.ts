import { type CallOptions, Code, ConnectError } from '@connectrpc/connect'
import { clientDeadlineExceeded } from '@marquee/connect-hono/errors/errors'
import { causedBy } from '@marquee/service/telemetry/transport'
import type { Caller } from './movie.ts'

/** Time limit of a call to another service. */
export interface CallBound {
  /** Maximum time, in milliseconds. Applies when the caller has more time left. */
  readonly timeoutMs: number
  /** Share of the caller's remaining time that the call may take, from 0 to 1. */
  readonly share: number
}

/**
 * Calls another service on behalf of a caller, within the time limit and the caller's remaining
 * time. When this time is over, or the caller has left, the call fails for that reason, whatever
 * the service responded. A call that exceeds only the time limit, or that this process did not
 * cancel, is `UNAVAILABLE`.
 */
export async function callUpstream<T>(
  caller: Caller,
  { timeoutMs, share }: CallBound,
  call: (options: CallOptions) => Promise<T>,
): Promise<T> {
  const { signal, span } = caller
  const leftMs = timeLeftMs(caller)
  if (leftMs <= 0) throw clientDeadlineExceeded()
  const boundMs = Math.min(timeoutMs, leftMs * share)
  const isCallersBound = boundMs === leftMs
  try {
    const headers = headersOf(caller)
    // The protocols use whole milliseconds.
    return await call({ signal, timeoutMs: Math.ceil(boundMs), headers, ...causedBy(span) })
  } catch (error) {
    if (signal.aborted) throw signal.reason
    const { code } = ConnectError.from(error)
    const isLate = code === Code.DeadlineExceeded
    if (timeLeftMs(caller) <= 0 || (isLate && isCallersBound)) throw clientDeadlineExceeded(error)
    if (isLate) throw unavailable(`no response within ${Math.round(boundMs)} ms`, error)
    if (code === Code.Canceled) throw unavailable('the call was cancelled', error)
    throw error
  }
}

/** Returns the headers by which another service knows for whom a call is. */
export function headersOf({ requestId, token }: Caller): Record<string, string> {
  const headers = { 'x-request-id': requestId }
  return token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` }
}

function timeLeftMs({ deadlineMs }: Caller): number {
  return deadlineMs === undefined ? Number.POSITIVE_INFINITY : deadlineMs - performance.now()
}

function unavailable(text: string, cause: unknown): ConnectError {
  return new ConnectError(text, Code.Unavailable, undefined, undefined, cause)
}
