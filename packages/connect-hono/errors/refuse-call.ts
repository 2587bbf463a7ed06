import type { ConnectError } from '@connectrpc/connect'
import { endStreamFlag, endStreamToJson } from '@connectrpc/connect/protocol-connect'
import { LazyHeaders } from '@marquee/http/lazy-headers'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Environment } from '../call.ts'
import { incomingOf } from '../request/incoming-of.ts'
import { encodeEnvelope } from '../wire/envelope.ts'
import { toRestError } from './errors.ts'
import { fitHeaders } from './fit-status.ts'
import { setErrorStatus } from './grpc-status.ts'
import { bounded } from './text.ts'

/** HTTP statuses of a refusal. gRPC and gRPC-Web have a status of their own in the headers. */
export interface RefusalStatus {
  readonly http: ContentfulStatusCode
  readonly grpc: ContentfulStatusCode
  /**
   * Status for a stream by Connect, which then has the error in its last envelope. Default: `http`,
   * from which clients derive the code.
   */
  readonly connectStream?: ContentfulStatusCode
}

/** Matches the content type of a call by gRPC or gRPC-Web, without parameters. */
const grpcType = /^application\/grpc(?:-web(?:-text)?)?(?:\+\w{1,16})?(?![^;\s])/i
/** Matches the content type of a stream by Connect, without parameters. */
const connectStreamType = /^application\/connect\+(?:proto|json)(?![^;\s])/i

/**
 * Refuses a call before its handler runs. The error is in the headers for gRPC and gRPC-Web
 * ("Trailers-Only"), and in a JSON body for the other protocols, which is a problem for clients that
 * accept it.
 */
export function refuseCall(
  c: Context<Environment>,
  refusal: ConnectError,
  { http, grpc, connectStream }: RefusalStatus,
): Response {
  const call = c.get('call')
  const error = bounded(refusal)
  call.code = error.code
  call.error = error
  const body = c.env?.exchange?.body
  if (body?.ended === false) body.refuse()
  const contentType = c.req.header('content-type') ?? ''
  const incoming = incomingOf(c)
  const [type] = grpcType.exec(contentType) ?? []
  if (type !== undefined) {
    const headers = ['content-type', type]
    setErrorStatus(new LazyHeaders(headers) as unknown as Headers, error)
    return incoming.respond(null, grpc, [...fitHeaders(headers, incoming)])
  }
  const [streamType] = connectStreamType.exec(contentType) ?? []
  if (connectStream === undefined || streamType === undefined) {
    return toRestError(error, c.req.header('accept'), http)
  }
  const end = JSON.stringify(endStreamToJson(new Headers(), error, undefined))
  const envelope = encodeEnvelope(endStreamFlag, new TextEncoder().encode(end))
  return incoming.respond(envelope, connectStream, ['content-type', streamType.toLowerCase()])
}
