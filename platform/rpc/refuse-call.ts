import type { ConnectError } from '@connectrpc/connect'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Environment } from './call.ts'
import { toRestError } from './errors.ts'

/** The HTTP status of a refusal; gRPC and gRPC-Web have one of their own beside it. */
export interface RefusalStatus {
  readonly http: ContentfulStatusCode
  readonly grpc: ContentfulStatusCode
}

/**
 * Refuses a call before its handler is known or asked. gRPC and gRPC-Web find the error in the headers (a response of
 * trailers only), the other protocols in a JSON body.
 */
export function refuseCall(
  c: Context<Environment>,
  error: ConnectError,
  status: RefusalStatus,
): Response {
  const call = c.get('call')
  call.code = error.code
  call.error = error
  const body = c.env?.exchange?.body
  if (body?.ended === false) body.refuse()
  const type = c.req.header('content-type') ?? ''
  if (!type.startsWith('application/grpc')) return toRestError(error, status.http)
  const headers = {
    'content-type': type,
    'grpc-status': String(error.code),
    'grpc-message': encodeURIComponent(error.rawMessage),
  }
  return new Response(null, { status: status.grpc, headers })
}
