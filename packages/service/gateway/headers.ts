import type { HeaderList } from '@marquee/http/exchange'

/** HeaderList of one connection only (RFC 9110 §7.6.1), with what the next one says in its own words. */
const ofConnection = new Set([
  'connection',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** What the gateway is called in `Via` (RFC 9110 §7.6.3). */
const via = 'marquee'

const forwardedFor = 'x-forwarded-for'

export interface ForwardedRequest {
  readonly method: string
  /** Path and query, as the service has them. */
  readonly target: string
  readonly fields: HeaderList
  readonly httpVersion: '1.1' | '2'
  readonly requestId: string
  /** The client's IP address; empty where it is not known. */
  readonly remoteAddress: string
  /** Whether the client waits to be asked for the body; then the service is to say whether it wants it. */
  readonly expectsContinue?: boolean
}

/** The head of a request to an origin, pseudo-headers first. */
export function requestHead(origin: string, request: ForwardedRequest): HeaderList {
  const { protocol, host } = new URL(origin)
  const { method, target, fields, httpVersion, requestId, remoteAddress } = request
  const head = [':method', method, ':scheme', protocol.slice(0, -1), ':authority', host]
  head.push(':path', target)
  const named = connectionOptions(fields)
  const clients: string[] = []
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? ''
    const value = fields[index + 1] ?? ''
    if (name === forwardedFor) {
      clients.push(value)
      continue
    }
    if (name === 'te' && value.toLowerCase().includes('trailers')) head.push('te', 'trailers')
    const stays = ofConnection.has(name) || named.has(name) || name === 'x-request-id'
    if (!stays) head.push(name, value)
  }
  // The last address is the one that this gateway vouches for.
  if (remoteAddress !== '') head.push(forwardedFor, [...clients, remoteAddress].join(', '))
  if (request.expectsContinue) head.push('expect', '100-continue')
  head.push('x-request-id', requestId, 'via', `${httpVersion} ${via}`)
  return head
}

/** What of an answer's head goes on. Who may read it is for this origin to say, and the request id is known. */
export function answerFields(fields: HeaderList): string[] {
  const kept: string[] = []
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? ''
    const stays =
      ofConnection.has(name) || name === 'x-request-id' || name.startsWith('access-control-')
    if (!stays) kept.push(name, fields[index + 1] ?? '')
  }
  return kept
}

/** The fields that `Connection` names. */
function connectionOptions(fields: HeaderList): ReadonlySet<string> {
  const named = new Set<string>()
  for (let index = 0; index < fields.length; index += 2) {
    if (fields[index] !== 'connection') continue
    for (const name of (fields[index + 1] ?? '').split(',')) named.add(name.trim().toLowerCase())
  }
  return named
}
