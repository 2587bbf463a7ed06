import type { DescMethod } from '@bufbuild/protobuf'
import { createBackOff } from '@marquee/back-off/exponential'
import { isSafeToRepeat } from './idempotency.ts'
import type { RpcError } from './result.ts'

/** Default maximum number of retries of a call. */
export const retryCountMaxDefault = 2
/** Upper bound of the wait before the first retry, in milliseconds. */
const firstRetryMs = 100
/** Upper bound of the waits that the service does not ask for, in milliseconds. */
const retryMaxMs = 2_000
/** Maximum delay that a service may ask for, in milliseconds. After a longer one the call fails. */
const retryDelayMaxMs = 10_000

const backOff = createBackOff({ firstMs: firstRetryMs, maxMs: retryMaxMs })

export interface FailedCall {
  readonly method: DescMethod
  readonly error: RpcError
  /** Number of attempts that failed. */
  readonly failureCount: number
  readonly retryCountMax: number
  /** Time until the deadline, in milliseconds. */
  readonly remainingMs: number
}

/**
 * Returns the wait before the next attempt of a call, in milliseconds, or `undefined` when it has
 * failed. A call is repeated when its method is idempotent, and when the service was unavailable or
 * says when to retry.
 */
export function retryWait(failed: FailedCall, random: () => number): number | undefined {
  const { method, error, failureCount, retryCountMax, remainingMs } = failed
  const { code, retryDelayMs = 0 } = error
  const mayPass = code === 'unavailable' || error.retryDelayMs !== undefined
  if (!mayPass || !isSafeToRepeat(method) || failureCount > retryCountMax) return undefined
  const waitMs = retryDelayMs + backOff(failureCount, random)
  return retryDelayMs > retryDelayMaxMs || waitMs >= remainingMs ? undefined : waitMs
}
