/** Nothing that would end a URL's authority early, and no user information (RFC 9110 §4.2.4). */
const hostAndPort = /^[^\s/?#\\@]+$/

/**
 * The host that an authority names, in its normal form (RFC 9110 §4.2.3): in lower case, an IP address as URLs have it
 * (`127.0.0.1`, `[::1]`), without the port and without the dot of the DNS root. Undefined when it names no host.
 */
export function hostOf(authority: string): string | undefined {
  const url = parse(authority, 'http')
  return url === null ? undefined : withoutRootDot(url.hostname)
}

/** Whether two authorities of URLs of a scheme are the same, whatever their case and default ports (RFC 9110 §4.2.3). */
export function isSameAuthority(one: string, other: string, scheme: string): boolean {
  if (one === other) return true
  const [first, second] = [parse(one, scheme), parse(other, scheme)]
  if (first === null || second === null || first.port !== second.port) return false
  return withoutRootDot(first.hostname) === withoutRootDot(second.hostname)
}

function parse(authority: string, scheme: string): URL | null {
  if (!hostAndPort.test(authority)) return null
  return URL.parse(`${scheme === 'https' ? 'https' : 'http'}://${authority}`)
}

function withoutRootDot(host: string): string {
  return host.endsWith('.') ? host.slice(0, -1) : host
}
