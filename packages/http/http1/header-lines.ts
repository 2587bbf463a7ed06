import { toHeaderName } from './header-names.ts'
import type { Http1Limits } from './limits.ts'
import { Refusal } from './refusal.ts'

/**
 * Control characters other than tabs and line ends. A CR without LF is forbidden too (RFC 9112
 * §2.2).
 */
const forbidden = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?!\n)/
const tab = 0x09
const carriageReturn = 0x0d
const space = 0x20

/**
 * Parses a header or trailer section (RFC 9112 §5): names in lower case, values without surrounding
 * spaces. It is strict where two readers could disagree: no folded lines, no space before a colon,
 * no LF or CR alone. Throws a `Refusal`.
 * @param text One character per byte (latin1). Each line ends with CRLF.
 * @param from Where the first line begins.
 */
export function parseHeaderLines(
  text: string,
  from: number,
  { headerBytesMax, headerCountMax }: Http1Limits,
): string[] {
  if (text.length - from > headerBytesMax)
    throw new Refusal(431, 'headers too large: send fewer or shorter ones')
  if (forbidden.test(text)) throw new Refusal(400, 'control character in a header: remove it')
  const headers: string[] = []
  for (let at = from; at < text.length; ) {
    const lineEnd = text.indexOf('\n', at)
    if (text.charCodeAt(lineEnd - 1) !== carriageReturn) {
      throw new Refusal(400, 'invalid line end: send CRLF')
    }
    const colon = text.indexOf(':', at)
    const name = colon < 0 ? undefined : toHeaderName(text.slice(at, colon))
    if (name === undefined)
      throw new Refusal(400, 'invalid header name: send a token before the colon')
    headers.push(name, trimmed(text, colon + 1, lineEnd - 1))
    at = lineEnd + 1
  }
  if (headers.length > 2 * headerCountMax) throw new Refusal(431, 'too many headers: send fewer')
  return headers
}

function trimmed(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === space || code === tab
}
