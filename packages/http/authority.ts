/**
 * Host and port without characters that end a URL's authority early, and without user information
 * (RFC 9110 §4.2.4).
 */
const hostAndPort = /^[^\s/?#\\@]+$/

/**
 * Returns the host of an authority in its normal form (RFC 9110 §4.2.3), or `undefined` when it
 * names none. The host is in lower case, without port and without the dot of the DNS root. IP
 * addresses are written as in URLs: `127.0.0.1`, `[::1]`.
 */
export function hostOf(authority: string): string | undefined {
  const url = parse(authority, 'http')
  return url === null ? undefined : withoutRootDot(url.hostname)
}

/**
 * Returns whether two authorities are equal for URLs of this scheme. Case and default ports do not
 * matter (RFC 9110 §4.2.3).
 */
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
