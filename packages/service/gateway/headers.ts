import type { HeaderList } from '@marquee/http/exchange'
import type { ClientSpan } from '../telemetry/client-span.ts'
import { traceHeaders } from '../telemetry/trace-context.ts'
import { instanceHeader } from './named-instance.ts'

/**
 * Headers of one connection only (RFC 9110 §7.6.1), headers that the gateway sets itself, and
 * credentials for this service alone.
 */
const hopByHop = new Set([
  'connection',
  'expect',
  'host',
  'http2-settings',
  instanceHeader,
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'cookie',
  'service-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Name of the gateway in `Via` (RFC 9110 §7.6.3). */
const via = 'marquee'

const forwardedFor = 'x-forwarded-for'

export interface ForwardedRequest {
  readonly method: string
  /** Path and query at the service. */
  readonly target: string
  readonly fields: HeaderList
  readonly httpVersion: '1.1' | '2'
  readonly requestId: string
  /** Span of the call. Without one, the client's trace is forwarded. */
  readonly span?: ClientSpan | undefined
  /** IP address of the client. Empty when it is unknown. */
  readonly remoteAddress: string
  /** Token of the verified caller, which replaces its credentials. Default: they are forwarded. */
  readonly token?: string | undefined
  /** True when the client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue?: boolean
}

/** Returns the headers of a request to an origin, pseudo-headers first. */
export function requestHead(origin: string, request: ForwardedRequest): HeaderList {
  const { protocol, host } = new URL(origin)
  const { method, target, fields, httpVersion, requestId, remoteAddress, token, span } = request
  const head = [':method', method, ':scheme', protocol.slice(0, -1), ':authority', host]
  head.push(':path', target)
  const named = connectionOptions(fields)
  const clients: string[] = []
  const hops: string[] = []
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? ''
    const value = fields[index + 1] ?? ''
    if (name === forwardedFor || name === 'forwarded') {
      ;(name === 'forwarded' ? hops : clients).push(value)
      continue
    }
    if (name === 'te' && value.toLowerCase().includes('trailers')) head.push('te', 'trailers')
    const isReplaced =
      name === 'x-request-id' ||
      (span !== undefined && (name === 'traceparent' || name === 'tracestate')) ||
      (token !== undefined && name === 'authorization')
    const stays = hopByHop.has(name) || named.has(name) || isReplaced
    if (!stays) head.push(name, value)
  }
  // Only the last address comes from this gateway.
  if (remoteAddress !== '') head.push(forwardedFor, [...clients, remoteAddress].join(', '))
  if (remoteAddress !== '' && hops.length > 0) {
    const node = remoteAddress.includes(':') ? `"[${remoteAddress}]"` : remoteAddress
    head.push('forwarded', [...hops, `for=${node}`].join(', '))
  }
  if (token !== undefined) head.push('authorization', `Bearer ${token}`)
  if (request.expectsContinue) head.push('expect', '100-continue')
  if (span !== undefined) head.push(...traceHeaders(span.span).flat())
  head.push('x-request-id', requestId, 'via', `${httpVersion} ${via}`)
  return head
}

/**
 * Returns the headers of a response to forward. CORS headers and the request id are set by this
 * service.
 */
export function responseHeaders(fields: HeaderList): string[] {
  const kept: string[] = []
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? ''
    const stays =
      hopByHop.has(name) || name === 'x-request-id' || name.startsWith('access-control-')
    if (!stays) kept.push(name, fields[index + 1] ?? '')
  }
  return kept
}

/** Returns the headers that `Connection` names. */
function connectionOptions(fields: HeaderList): ReadonlySet<string> {
  const named = new Set<string>()
  for (let index = 0; index < fields.length; index += 2) {
    if (fields[index] !== 'connection') continue
    for (const name of (fields[index + 1] ?? '').split(',')) named.add(name.trim().toLowerCase())
  }
  return named
}
