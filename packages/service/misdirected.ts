import { Code, ConnectError } from '@connectrpc/connect'
import type { Environment } from '@marquee/connect-hono/call'
import { refuseCall } from '@marquee/connect-hono/errors/refuse-call'
import type { HostCheck } from '@marquee/http/server/host-check'
import type { Context } from 'hono'
import { describe, withReason } from './reasons.ts'

/** Maximum length of a host in an error message, in characters. */
const hostCharsMax = 100

/**
 * Refuses a request for another host (RFC 9110 §7.4, §15.5.20). Returns `undefined` for other
 * requests. gRPC has no code for it, and its clients show the HTTP status with the message.
 */
export function refuseMisdirected(c: Context<Environment>, hosts: HostCheck): Response | undefined {
  const authority = c.env?.exchange?.authority ?? new URL(c.req.url).host
  if (hosts.accepts(authority)) return undefined
  const named = authority.slice(0, hostCharsMax)
  const text = `this service does not answer as "${named}": call it by its own name, or start it with --allowed-hosts`
  c.get('call').method = 'unknown'
  const error = new ConnectError(text, Code.PermissionDenied)
  const refusal = describe(withReason(error, 'HOST_UNKNOWN', { host: named }))
  const response = refuseCall(c, refusal, { http: 421, grpc: 421 })
  response.headers.set('cache-control', 'no-store')
  return response
}
