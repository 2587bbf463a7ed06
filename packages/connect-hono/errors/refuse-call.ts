import type { ConnectError } from '@connectrpc/connect'
import { encodeMessage } from '@marquee/http/percent-text'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Environment } from '../call.ts'
import { incomingOf } from '../request/incoming-of.ts'
import { toRestError } from './errors.ts'
import { fitHeaders } from './fit-status.ts'
import { bounded, errorLimits } from './text.ts'

/** HTTP statuses of a refusal. gRPC and gRPC-Web have a status of their own in the headers. */
export interface RefusalStatus {
  readonly http: ContentfulStatusCode
  readonly grpc: ContentfulStatusCode
}

/** Matches the content type of a call by gRPC or gRPC-Web, without parameters. */
const grpcType = /^application\/grpc(?:-web)?(?:\+\w{1,16})?(?![^;\s])/i

/**
 * Refuses a call before its handler runs. The error is in the headers for gRPC and gRPC-Web
 * ("Trailers-Only"), and in a JSON body for the other protocols.
 */
export function refuseCall(
  c: Context<Environment>,
  refusal: ConnectError,
  status: RefusalStatus,
): Response {
  const call = c.get('call')
  const error = bounded(refusal)
  call.code = error.code
  call.error = error
  const body = c.env?.exchange?.body
  if (body?.ended === false) body.refuse()
  const [type] = grpcType.exec(c.req.header('content-type') ?? '') ?? []
  if (type === undefined) return toRestError(error, status.http)
  const message = encodeMessage(error.rawMessage, errorLimits.textBytesMax)
  const headers = ['content-type', type, 'grpc-status', String(error.code), 'grpc-message', message]
  const incoming = incomingOf(c)
  return incoming.respond(null, status.grpc, [...fitHeaders(headers, incoming)])
}
