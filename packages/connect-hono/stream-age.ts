import { Code, ConnectError } from '@connectrpc/connect'
import { withReason } from './errors/rpc-reasons.ts'
import type { Lifetime } from './lifetime.ts'
import type { RpcLimits } from './limits.ts'

/**
 * Returns the age of one stream, in milliseconds: up to 10 % less than the maximum, so that clients
 * do not reconnect together.
 */
export function streamAgeOf({ streamAgeMaxMs }: Pick<RpcLimits, 'streamAgeMaxMs'>): number {
  return streamAgeMaxMs * (1 - 0.1 * Math.random())
}

/** Ends a stream at that age, with a code that clients retry. */
export function setStreamAge(lifetime: Lifetime, ageMs: number): void {
  lifetime.setDeadline(ageMs, expired)
}

function expired(): ConnectError {
  const text = 'the stream reached its maximum age: open it again'
  return withReason(new ConnectError(text, Code.Unavailable), 'STREAM_EXPIRED')
}
