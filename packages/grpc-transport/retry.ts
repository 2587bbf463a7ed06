import type { DescMethod } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel as Idempotency } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError } from '@connectrpc/connect'
import { hasPushback } from './pushback.ts'
import { isNotSent } from './transport.ts'

/** How many times a call is retried at most. */
export const retriesMax = 2
/** The longest wait before the first retry, in milliseconds; the second may take twice as long. */
export const backOffMs = 20
/**
 * How many tokens the retry budget holds at most, which it starts with. A failed try takes one. Half of them is enough to
 * repeat all that an instance had in flight when it died; more than 1,000 gRPC does not allow.
 */
export const retryTokensMax = 1_000
/** How many tokens a successful call gives back. */
export const retryTokensPerSuccess = 0.1

/** A try that failed. */
export interface FailedTry {
  readonly error: unknown
  readonly method: DescMethod
  /** How many retries came before. */
  readonly retryCount: number
  /** How much time the call has left, in milliseconds. */
  readonly remainingMs: number
  /** Whether an instance is known that was not tried. */
  readonly hasOther: boolean
}

/** Decides what is tried again, for all calls of one service together. */
export interface RetryPolicy {
  succeeded(): void
  /** How long to wait before trying again, in milliseconds, or undefined when the error is final. */
  failed(failedTry: FailedTry): number | undefined
}

/**
 * Tries again what is safe to repeat and failed with UNAVAILABLE, at most `countMax` times, within its deadline and
 * while more than half of the tokens are left. A try that sent nothing takes no token and needs none. An instance that is
 * overloaded, and has said when to call it again, is not called again: only another one is. The other rules are
 * those of gRPC's A6, throttling and transparent retries
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
