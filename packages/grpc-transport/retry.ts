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
 * Maximum number of tokens in the retry budget: enough to repeat all calls that an instance had in
 * flight when it crashed.
 */
export const retryTokensMax = 500
/** Number of tokens at the start. */
export const retryTokensInitial = 30
/** Number of tokens that a call adds that succeeds at its first attempt. */
export const retryTokensPerSuccess = 0.1

/** Codes of calls to which the service may not have responded. */
const unanswered: readonly Code[] = [Code.DeadlineExceeded, Code.Canceled]

/** An attempt that failed. */
export interface FailedAttempt {
  readonly error: unknown
  readonly method: DescMethod
  /** Number of retries before this attempt. */
  readonly retryCount: number
  /** Time until the deadline of the call, in milliseconds. */
  readonly remainingMs: number
  /** True when an instance is known that the call has not tried, and that is not ejected. */
  readonly hasOther: boolean
}

/** Decides which calls to retry, for all calls of one service. */
export interface RetryPolicy {
  /**
   * Reports a successful call.
   * @param retryCount Number of retries before the attempt that succeeded.
   */
  succeeded(retryCount: number): void
  /**
   * Reports a failed attempt. Returns the wait before the next one, in milliseconds, or `undefined`
   * when there is to be none.
   */
  failed(attempt: FailedAttempt): number | undefined
}

/**
 * Retries calls that are safe to repeat and failed with `UNAVAILABLE`: at most `countMax` times,
 * and before their deadline. Each retry takes a token and returns it when the service responds; a
 * retry that fails halves the tokens. So the calls of a crashed instance are repeated, and those of
 * a service that fails entirely soon are not. An attempt that sent nothing takes no token where
 * another instance is in use. A call that was refused with pushback (an overloaded instance says
 * when to retry) is retried on another instance only. Follows gRFC A6
 * (https://github.com/grpc/proposal/blob/master/A6-client-retries.md), apart from the budget.
 */
export function createRetryPolicy(random: () => number, countMax = retriesMax): RetryPolicy {
  let tokens = retryTokensInitial

  function add(count: number): void {
    tokens = Math.min(tokens + count, retryTokensMax)
  }

  return {
    succeeded: (retryCount) => add(retryCount === 0 ? retryTokensPerSuccess : 1),
    failed({ error, method, retryCount, remainingMs, hasOther }) {
      if (!(error instanceof ConnectError)) return undefined
      if (error.code !== Code.Unavailable) {
        if (retryCount > 0 && !unanswered.includes(error.code)) add(1)
        return undefined
      }
      const isFree = hasOther && isNotSent(error)
      if (retryCount > 0 && !isFree) tokens /= 2
      if (!isSafeToRepeat(method) || retryCount >= countMax) return undefined
      if (!hasOther && hasPushback(error)) return undefined
      const waitMs = random() * backOffMs * 2 ** retryCount
      if (waitMs >= remainingMs || (!isFree && tokens < 1)) return undefined
      if (!isFree) tokens--
      return waitMs
    },
  }
}

function isSafeToRepeat({ methodKind, idempotency }: DescMethod): boolean {
  const isRepeatable =
    idempotency === Idempotency.NO_SIDE_EFFECTS || idempotency === Idempotency.IDEMPOTENT
  return methodKind === 'unary' && isRepeatable
}
