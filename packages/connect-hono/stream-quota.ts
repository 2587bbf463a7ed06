import { isIP } from 'node:net'
import { Code, ConnectError } from '@connectrpc/connect'
import { networkOf } from '@marquee/http/memory/budget'
import type { AddressList } from '@marquee/http/server/address-list'
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

export interface StreamQuotaOptions {
  readonly limits: Pick<RpcLimits, 'streamsPerClientMax'>
  /** Proxies whose `X-Forwarded-For` names the client. Default: none. */
  readonly trustedProxies?: AddressList | undefined
}

export function createStreamQuota({ limits, trustedProxies }: StreamQuotaOptions): StreamQuota {
  const { streamsPerClientMax } = limits
  const countOf = new Map<string, number>()

  function leave(client: string): void {
    const left = (countOf.get(client) ?? 0) - 1
    if (left > 0) countOf.set(client, left)
    else countOf.delete(client)
  }

  return {
    enter(incoming, lifetime) {
      const client = clientOf(incoming, trustedProxies)
      const count = countOf.get(client) ?? 0
      if (count >= streamsPerClientMax) {
        const text = `a client may have ${streamsPerClientMax} streams open at once: close some first`
        throw new ConnectError(text, Code.ResourceExhausted)
      }
      countOf.set(client, count + 1)
      lifetime.whenOver(() => leave(client))
    },
  }
}

/**
 * Returns the client of a request, as one name for all addresses that it may use (`networkOf`). Behind trusted proxies it is the last address in
 * `X-Forwarded-For` that is not one of them.
 */
export function clientOf(
  incoming: Pick<Incoming, 'remoteAddress' | 'header'>,
  trustedProxies: AddressList | undefined,
): string {
  const { remoteAddress } = incoming
  if (trustedProxies?.has(remoteAddress) !== true) return networkOf(remoteAddress)
  const forwarded = (incoming.header('x-forwarded-for') ?? '').split(',').map((one) => one.trim())
  const client = forwarded.findLast((address) => !trustedProxies.has(address))
  return networkOf(client !== undefined && isIP(client) !== 0 ? client : remoteAddress)
}
