import type { HeaderList } from '../exchange.ts'
import { type Framing, readFraming } from './framing.ts'
import { parseHeaderLines } from './header-lines.ts'
import { isToken } from './header-names.ts'
import type { Http1Limits } from './limits.ts'
import { Refusal } from './refusal.ts'
import { readTarget } from './target.ts'

/** A request without its body. */
export interface RequestHead {
  readonly method: string
  /** Minor version of HTTP/1. A client with a later one is handled as HTTP/1.1 (RFC 9110 §2.5). */
  readonly minorVersion: 0 | 1
  readonly target: string
  readonly authority: string
  readonly headers: HeaderList
  readonly framing: Framing
}

/** Methods of nearly all requests, which need no further check. */
const usualMethods = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'])
const version = /^HTTP\/(\d)\.(\d)$/

/**
 * Parses the request line and the headers (RFC 9112 §3, §5). Throws a `Refusal`.
 * @param text One character per byte (latin1). Each line ends with CRLF. The empty line is left
 *   out.
 */
export function parseHead(text: string, limits: Http1Limits): RequestHead {
  const lineEnd = text.indexOf('\r\n')
  if (lineEnd > limits.requestLineBytesMax)
    throw new Refusal(414, 'request line too long: shorten the target')
  const methodEnd = text.indexOf(' ')
  const targetEnd = text.indexOf(' ', methodEnd + 1)
  const minorVersion = text.startsWith('HTTP/1.1\r\n', targetEnd + 1)
    ? 1
    : readVersion(text.slice(0, lineEnd), targetEnd)
  const method = text.slice(0, methodEnd)
  if (!usualMethods.has(method) && !isToken(method))
    throw new Refusal(400, 'invalid method: send a token such as GET')
  if (method === 'CONNECT') throw new Refusal(501, 'CONNECT is not supported: this is not a proxy')
  const headers = parseHeaderLines(text, lineEnd + 2, limits)
  const framing = readFraming(headers, minorVersion)
  const rawTarget = text.slice(methodEnd + 1, targetEnd)
  const { target, authority } = readTarget(method, rawTarget, headers, minorVersion)
  return { method, minorVersion, target, authority, headers, framing }
}

/** Returns the minor version of a request line that does not end with HTTP/1.1. */
function readVersion(line: string, targetEnd: number): 0 | 1 {
  if (line.includes('\n')) throw new Refusal(400, 'invalid line end: send CRLF')
  const found = version.exec(line.slice(line.lastIndexOf(' ') + 1))
  // For example a malformed HTTP/2 preface. Its sender would not understand a response.
  if (found === null) throw new Refusal(undefined, 'not HTTP')
  if (found[1] !== '1') throw new Refusal(505, 'HTTP version not supported: send HTTP/1.1')
  if (line.lastIndexOf(' ') !== targetEnd || line.indexOf(' ') === targetEnd) {
    throw new Refusal(
      400,
      'invalid request line: send method, target and version, each after one space',
    )
  }
  return found[2] === '0' ? 0 : 1
}
