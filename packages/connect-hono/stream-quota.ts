import { Code, ConnectError } from '@connectrpc/connect'
import { type ClientOptions, clientOf } from './client-of.ts'
import { withReason } from './errors/rpc-reasons.ts'
import type { Lifetime } from './lifetime.ts'
import type { RpcLimits } from './limits.ts'
import type { Incoming } from './request/incoming.ts'

/** Bounds the streams that each client has open at once. */
export interface StreamQuota {
  /**
   * Counts a stream until its call is over. Throws `RESOURCE_EXHAUSTED` when there is no place for
   * it.
   */
  enter(incoming: Pick<Incoming, 'remoteAddress' | 'header'>, lifetime: Lifetime): void
}

export interface StreamQuotaOptions extends ClientOptions {
  readonly limits: Pick<RpcLimits, 'streamsPerClientMax'>
}

export function createStreamQuota({ limits, ...options }: StreamQuotaOptions): StreamQuota {
  const { streamsPerClientMax } = limits
  const countOf = new Map<string, number>()

  function leave(client: string): void {
    const left = (countOf.get(client) ?? 0) - 1
    if (left > 0) countOf.set(client, left)
    else countOf.delete(client)
  }

  return {
    enter(incoming, lifetime) {
      const client = clientOf(incoming, options)
      const count = countOf.get(client) ?? 0
      if (count >= streamsPerClientMax) {
        const text = `a client may have ${streamsPerClientMax} streams open at once: close some first`
        const error = new ConnectError(text, Code.ResourceExhausted)
        throw withReason(error, 'STREAM_QUOTA_EXCEEDED', { streamsMax: streamsPerClientMax })
      }
      countOf.set(client, count + 1)
      lifetime.whenOver(() => leave(client))
    },
  }
}
