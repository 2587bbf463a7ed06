import { isIP } from 'node:net'
import { networkOf } from '@marquee/http/memory/budget'
import type { AddressList } from '@marquee/http/server/address-list'
import type { Incoming } from './request/incoming.ts'

/** Headers by which a proxy can name its client. */
export const forwardedHeaders = ['x-forwarded-for', 'forwarded'] as const

/** How the client of a request is found. */
export interface ClientOptions {
  /** Proxies that name their clients. Default: none. */
  readonly trustedProxies?: AddressList | undefined
  /**
   * Header of these proxies. Only this one is read, because a proxy may pass the other one on as
   * its client sent it. Default: `x-forwarded-for`.
   */
  readonly forwardedHeader?: (typeof forwardedHeaders)[number] | undefined
}

/**
 * Returns the client of a request, as one name for all addresses that it may use (`networkOf`).
 * Behind trusted proxies it is the last address in their header that is not one of them.
 */
export function clientOf(
  incoming: Pick<Incoming, 'remoteAddress' | 'header'>,
  { trustedProxies, forwardedHeader = 'x-forwarded-for' }: ClientOptions,
): string {
  const { remoteAddress } = incoming
  if (trustedProxies?.has(remoteAddress) !== true) return networkOf(remoteAddress)
  const hops = (incoming.header(forwardedHeader) ?? '').split(',').map((hop) => hop.trim())
  const addresses = forwardedHeader === 'forwarded' ? hops.map(nodeOf) : hops
  const client = addresses.findLast((address) => !trustedProxies.has(address))
  return networkOf(client !== undefined && isIP(client) !== 0 ? client : remoteAddress)
}

/**
 * Returns the address that an element of `Forwarded` names, without its port (RFC 7239 §6):
 * `for="[2001:db8::7]:4711";proto=https`.
 */
function nodeOf(element: string): string {
  const [, network, address = ''] =
    /(?:^|;)\s*for=(?:"?\[([^\]]*)\]|"?([^";:\s]*))/i.exec(element) ?? []
  return network ?? address
}
