import { isSameAuthority } from '../../authority.ts'
import type { HeaderList } from '../../exchange.ts'
import { connectionHeaders } from '../../header-list.ts'

/** Head of a request (RFC 9113 §8.3.1). */
export interface RequestHead {
  readonly method: string
  readonly authority: string
  /** Path and query, or `*`. Empty for CONNECT. */
  readonly target: string
  /** Headers without pseudo-headers. */
  readonly headers: HeaderList
  /** -1 when there is none. */
  readonly contentLength: number
  readonly expectsContinue: boolean
  /**
   * True when `expect` has another value than `100-continue`, which no server supports (RFC 9110
   * §10.1.1).
   */
  readonly expectsMore: boolean
}

/** A token in lower case (RFC 9110 §5.6.2, RFC 9113 §8.2.1). */
const namePattern = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
const methodPattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Characters that no value may contain, begin with or end with (RFC 9113 §8.2.1). */
const badValuePattern = /[\0\r\n]|^[ \t]|[ \t]$/
/** An absolute path, or `*` for the whole server (RFC 9113 §8.3.1). */
const targetPattern = /^(\/[\x21-\x7e\x80-\xff]*|\*)$/
const authorityPattern = /^[^@/\s]*$/

/** Parses a header list. Returns `undefined` when the request is malformed (RFC 9113 §8.1.1). */
export function readRequestHead(list: readonly string[]): RequestHead | undefined {
  const pseudo = new Map<string, string>()
  let index = 0
  for (; index < list.length && list[index]?.charCodeAt(0) === colon; index += 2) {
    const name = list[index] ?? ''
    if (pseudo.has(name) || !pseudoNames.has(name)) return undefined
    pseudo.set(name, list[index + 1] ?? '')
  }
  const headers = list.slice(index)
  const rest = readHeaders(headers)
  if (rest === undefined) return undefined
  const method = pseudo.get(':method') ?? ''
  const target = pseudo.get(':path') ?? ''
  const authority = pseudo.get(':authority') ?? rest.host
  const isConnect = method === 'CONNECT'
  const isWhole = isConnect
    ? authority !== '' && pseudo.size === 2 && pseudo.has(':authority')
    : pseudo.has(':scheme') && targetPattern.test(target)
  if (!isWhole || !methodPattern.test(method) || !authorityPattern.test(authority)) return undefined
  const scheme = pseudo.get(':scheme') ?? ''
  if (rest.host !== '' && !isSameAuthority(rest.host, authority, scheme)) return undefined
  return {
    method,
    authority,
    target,
    headers: rest.cookieCount > 1 ? joinCookies(headers) : headers,
    contentLength: rest.contentLength,
    expectsContinue: rest.expectsContinue,
    expectsMore: rest.expectsMore,
  }
}

/**
 * Returns whether the headers can be trailers: no pseudo-headers, and none that a request must not
 * have (RFC 9113 §8.1).
 */
export function areTrailers(list: HeaderList): boolean {
  return readHeaders(list) !== undefined
}

const colon = 0x3a
const pseudoNames = new Set([':method', ':scheme', ':authority', ':path'])

interface HeadersRead {
  host: string
  contentLength: number
  expectsContinue: boolean
  expectsMore: boolean
  cookieCount: number
}

function readHeaders(headers: HeaderList): HeadersRead | undefined {
  const expected = { expectsContinue: false, expectsMore: false }
  const read: HeadersRead = { host: '', contentLength: -1, ...expected, cookieCount: 0 }
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? ''
    const value = headers[index + 1] ?? ''
    if (!namePattern.test(name) || badValuePattern.test(value)) return undefined
    if (!readHeader(read, name, value)) return undefined
  }
  return read
}

function readHeader(read: HeadersRead, name: string, value: string): boolean {
  switch (name) {
    case 'te':
      // In upper or lower case, because keywords of HTTP ignore case (RFC 9110 §10.1.4).
      return value === 'trailers' || value.toLowerCase() === 'trailers'
    case 'host':
      if (read.host !== '' && read.host !== value) return false
      read.host = value
      return true
    case 'content-length': {
      const length = /^\d{1,15}$/.test(value) ? Number(value) : -1
      if (length < 0 || (read.contentLength >= 0 && read.contentLength !== length)) return false
      read.contentLength = length
      return true
    }
    case 'expect':
      read.expectsContinue = value.toLowerCase() === '100-continue'
      read.expectsMore ||= !read.expectsContinue
      return true
    case 'cookie':
      read.cookieCount++
      return true
    default:
      return !connectionHeaders.has(name)
  }
}

/** Joins cookies that were split for compression (RFC 9113 §8.2.3). */
function joinCookies(headers: HeaderList): HeaderList {
  const cookies = headers.filter((_, index, all) => index % 2 === 1 && all[index - 1] === 'cookie')
  const others = headers.filter((_, index, all) => all[index - (index % 2)] !== 'cookie')
  return [...others, 'cookie', cookies.join('; ')]
}
