import { Refusal } from './refusal.ts'

export interface RequestTarget {
  /** Path and query, or `*`. */
  readonly target: string
  /** Host, with or without a port. */
  readonly authority: string
}

/**
 * Characters that a target must not have: a URL is visible ASCII, and a request has no fragment
 * (RFC 9112 §3.2).
 */
const notInTarget = /[^\x21-\x7e]|#/
/** Without user information, which is an error (RFC 9110 §4.2.4). */
const absoluteForm = /^https?:\/\/([^/?@]+)([/?].*)?$/i
/**
 * A host, with or without a port (RFC 3986 §3.2), without characters that end a URL's authority
 * early.
 */
const hostAndPort = /^(?:[\w.~!$&'()*+,;=%-]*|\[[\da-fA-F:.]+\])(?::\d{0,5})?$/

const invalidTarget = 'invalid request target: send a path, or an http or https URL, in ASCII'

/**
 * Reads the target of a request, and the authority that it names (RFC 9112 §3.2, §3.3). Throws a
 * `Refusal`.
 * @param headers Headers of the request. A `host` that the target overrides is replaced (RFC 9112
 *   §3.2.2).
 */
export function readTarget(
  method: string,
  text: string,
  headers: string[],
  minorVersion: 0 | 1,
): RequestTarget {
  const hostAt = findHost(headers)
  const host = hostAt < 0 ? '' : (headers[hostAt + 1] ?? '')
  if (minorVersion === 1 && hostAt < 0) throw new Refusal(400, 'no Host header: send one')
  if (!hostAndPort.test(host)) throw new Refusal(400, 'invalid Host header: send host[:port]')
  if (notInTarget.test(text)) throw new Refusal(400, invalidTarget)
  if (text.startsWith('/')) return { target: text, authority: host }
  if (text === '*' && method === 'OPTIONS') return { target: '*', authority: host }
  const [, authority, path = ''] = absoluteForm.exec(text) ?? []
  if (authority === undefined || !hostAndPort.test(authority)) throw new Refusal(400, invalidTarget)
  if (hostAt >= 0) headers[hostAt + 1] = authority
  return { target: path.startsWith('/') ? path : withoutPath(method, path), authority }
}

/** Returns the index of the only `host` (RFC 9112 §3.2), or -1. */
function findHost(headers: readonly string[]): number {
  let found = -1
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] !== 'host') continue
    if (found >= 0) throw new Refusal(400, 'more than one Host header: send one')
    found = index
  }
  return found
}

function withoutPath(method: string, query: string): string {
  return method === 'OPTIONS' && query === '' ? '*' : `/${query}`
}
