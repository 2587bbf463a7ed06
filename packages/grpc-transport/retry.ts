import type { DescMethod } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel as Idempotency } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError } from '@connectrpc/connect'
import { hasPushback } from './pushback.ts'
import { isNotSent } from './transport.ts'

/** Maximum number of retries of one call. */
export const retriesMax = 2
/** Maximum wait before the first retry, in milliseconds. Each further retry doubles it. */
export const backOffMs = 20
/**
 * Maximum number of tokens in the retry budget, and their number at the start. A failed attempt
 * takes one. Half of them is enough to repeat all calls that an instance had in flight when it
 * crashed. gRPC allows no more than 1,000.
 */
export const retryTokensMax = 1_000
/** Number of tokens that a successful call adds. */
export const retryTokensPerSuccess = 0.1

/** An attempt that failed. */
export interface FailedAttempt {
  readonly error: unknown
  readonly method: DescMethod
  /** Number of retries before this attempt. */
  readonly retryCount: number
  /** Time until the deadline of the call, in milliseconds. */
  readonly remainingMs: number
  /** True when an instance is known that the call has not tried. */
  readonly hasOther: boolean
}

/** Decides which calls to retry, for all calls of one service. */
export interface RetryPolicy {
  /** Reports a successful call. */
  succeeded(): void
  /**
   * Reports a failed attempt. Returns the wait before the next one, in milliseconds, or `undefined`
   * when there is to be none.
   */
  failed(attempt: FailedAttempt): number | undefined
}

/**
 * Retries calls that are safe to repeat and failed with `UNAVAILABLE`: at most `countMax` times,
 * before their deadline, and while more than half of the tokens are left. An attempt that sent
 * nothing takes no token and needs none. A call that was refused with pushback (an overloaded
 * instance says when to retry) is retried on another instance only. The other rules are those of
 * gRFC A6, throttling and transparent retries
 * (https://github.com/grpc/proposal/blob/master/A6-client-retries.md).
 */
export function createRetryPolicy(random: () => number, countMax = retriesMax): RetryPolicy {
  let tokens = retryTokensMax
  return {
    succeeded() {
      tokens = Math.min(tokens + retryTokensPerSuccess, retryTokensMax)
    },
    failed({ error, method, retryCount, remainingMs, hasOther }) {
      if (!(error instanceof ConnectError) || error.code !== Code.Unavailable) return undefined
      const isSent = !isNotSent(error)
      if (isSent) tokens = Math.max(tokens - 1, 0)
      if (!isSafeToRepeat(method) || retryCount >= countMax) return undefined
      if (!hasOther && hasPushback(error)) return undefined
      if (isSent && tokens <= retryTokensMax / 2) return undefined
      const waitMs = random() * backOffMs * 2 ** retryCount
      return waitMs < remainingMs ? waitMs : undefined
    },
  }
}

function isSafeToRepeat({ methodKind, idempotency }: DescMethod): boolean {
  const isRepeatable =
    idempotency === Idempotency.NO_SIDE_EFFECTS || idempotency === Idempotency.IDEMPOTENT
  return methodKind === 'unary' && isRepeatable
}
