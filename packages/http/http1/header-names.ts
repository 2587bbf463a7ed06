/** Names that clients usually send. They need no check and no conversion to lower case. */
const usual = [
  'Accept',
  'Accept-Encoding',
  'Accept-Language',
  'Authorization',
  'Cache-Control',
  'Connect-Accept-Encoding',
  'Connect-Content-Encoding',
  'Connect-Protocol-Version',
  'Connect-Timeout-Ms',
  'Connection',
  'Content-Encoding',
  'Content-Length',
  'Content-Type',
  'Cookie',
  'Expect',
  'Grpc-Timeout',
  'Host',
  'If-None-Match',
  'Origin',
  'Priority',
  'Referer',
  'Sec-Fetch-Dest',
  'Sec-Fetch-Mode',
  'Sec-Fetch-Site',
  'TE',
  'Transfer-Encoding',
  'User-Agent',
  'X-Forwarded-For',
  'X-Grpc-Web',
  'X-Request-Id',
  'X-User-Agent',
]

const known = new Map<string, string>()
for (const name of usual) {
  known.set(name, name.toLowerCase())
  known.set(name.toLowerCase(), name.toLowerCase())
}

/** A token (RFC 9110 §5.6.2). */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

export function isToken(text: string): boolean {
  return token.test(text)
}

/**
 * Returns the name of a header in lower case, or `undefined` when it is invalid, for example with a
 * space before the colon (RFC 9112 §5.1).
 */
export function toHeaderName(text: string): string | undefined {
  return known.get(text) ?? (token.test(text) ? text.toLowerCase() : undefined)
}
