import { describe, expect, test } from 'bun:test'
import { createAddressList } from '@marquee/http/server/address-list'
import { clientOf } from './client-of.ts'

const trustedProxies = createAddressList(['10.0.0.0/8', '::1'])

function from(remoteAddress: string, xForwardedFor?: string, forwarded?: string) {
  const values: Readonly<Record<string, string | undefined>> = {
    'x-forwarded-for': xForwardedFor,
    forwarded,
  }
  return { remoteAddress, header: (name: string) => values[name] }
}

describe('the client of a request', () => {
  test.each([
    ['its address', from('192.0.2.1'), '192.0.2.1'],
    ['an IPv4 address in the form of IPv6', from('::ffff:192.0.2.1'), '192.0.2.1'],
    ['its network of IPv6', from('2001:db8:0:7:1:2:3:4'), '2001:db8:0:7::/64'],
    ['the same network in short', from('2001:db8:0:7::9'), '2001:db8:0:7::/64'],
    ['the caller, whatever its headers say', from('192.0.2.1', '198.51.100.7'), '192.0.2.1'],
    ['the address that a trusted proxy names', from('10.0.0.1', '198.51.100.7'), '198.51.100.7'],
    [
      'not an address that the client names',
      from('10.0.0.1', '1.1.1.1, 198.51.100.7'),
      '198.51.100.7',
    ],
    [
      'the first address before two trusted proxies',
      from('::1', '1.1.1.1, 198.51.100.7, 10.0.0.9'),
      '198.51.100.7',
    ],
    ['not whom another header names', from('10.0.0.1', '1.1.1.1', 'for=2.2.2.2'), '1.1.1.1'],
    ['the proxy, when it names nobody', from('10.0.0.1'), '10.0.0.1'],
    ['the proxy, when it names no address', from('10.0.0.1', 'unknown'), '10.0.0.1'],
  ])('the client of a request is %s', (_, incoming, client) => {
    expect(clientOf(incoming, { trustedProxies })).toBe(client)
  })
})

describe('the client of a request by Forwarded', () => {
  test.each([
    ['the address that a trusted proxy names', '10.0.0.1', 'for=1.1.1.1', '1.1.1.1'],
    ['that address without its port', '10.0.0.1', 'for="1.1.1.1:443"', '1.1.1.1'],
    ['its network of IPv6', '::1', 'For="[2001:db8:0:7::9]:4711";proto=http', '2001:db8:0:7::/64'],
    ['an address after other parameters', '10.0.0.1', 'proto=https; for=1.1.1.1', '1.1.1.1'],
    ['not an address that the client names', '10.0.0.1', 'for=2.2.2.2, for=1.1.1.1', '1.1.1.1'],
    ['not hidden by a quote', '10.0.0.1', 'for="2.2.2.2, for="1.1.1.1"', '1.1.1.1'],
    ['the first address before two trusted proxies', '::1', 'for=1.1.1.1, for=10.0.0.9', '1.1.1.1'],
    ['the proxy, when it hides the client', '10.0.0.1', 'for=_hidden', '10.0.0.1'],
    ['the proxy, when it names nobody', '10.0.0.1', undefined, '10.0.0.1'],
    ['the caller, whatever its headers say', '192.0.2.1', 'for=1.1.1.1', '192.0.2.1'],
  ])('is %s', (_, remoteAddress, forwarded, client) => {
    const incoming = from(remoteAddress, '3.3.3.3', forwarded)
    expect(clientOf(incoming, { trustedProxies, forwardedHeader: 'forwarded' })).toBe(client)
  })
})
