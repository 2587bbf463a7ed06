import { Code, ConnectError } from '@connectrpc/connect'
import {
  codeToHttpStatus,
  contentTypeUnaryJson,
  errorToJsonBytes,
} from '@connectrpc/connect/protocol-connect'
import type { Incoming } from '@marquee/connect-hono/request/incoming'
import { encodePart } from '@marquee/connect-hono/wire/base64'
import type { Wire } from '@marquee/connect-hono/wire/wire'
import { streamError } from '@marquee/grpc-transport/status'
import { HeadTooLongError, NotSentError } from '@marquee/http/http2/client/port'
import { StreamReset } from '@marquee/http/http2/frames/errors'
import { LazyHeaders } from '@marquee/http/lazy-headers'

/**
 * Returns the error of a call whose stream to an instance could not open, was reset or was lost.
 * The address of the instance is only in the cause, which is for the log.
 */
export function upstreamError(origin: string, cause: Error): ConnectError {
  const whole = streamError(origin, cause)
  return new ConnectError(textOf(cause), whole.code, undefined, undefined, whole)
}

const unreachable = 'the service is currently unavailable: call again later'

function textOf(cause: Error): string {
  if (cause instanceof NotSentError) return unreachable
  if (cause instanceof HeadTooLongError || cause instanceof StreamReset) return cause.message
  return 'the connection to the service was lost'
}

/** Returns the error of a call whose stream to an instance did not open in time. */
export function openTimedOut(origin: string): ConnectError {
  const cause = new Error(`no stream to ${origin} opened in time`)
  return new ConnectError(unreachable, Code.Unavailable, undefined, undefined, cause)
}

/** Returns the error of a call whose client has aborted its request. */
export function requestAborted(cause: unknown): ConnectError {
  return new ConnectError('the request was cut off', Code.Canceled, undefined, undefined, cause)
}

/** End of a response with envelopes: a last envelope, or trailers. */
export interface ResponseEnd {
  readonly envelope: Uint8Array | undefined
  readonly trailers: readonly string[]
}

export function endOfResponse(wire: Wire, error: ConnectError): ResponseEnd {
  const trailerList: string[] = []
  const responseTrailer = new LazyHeaders(trailerList) as unknown as Headers
  const last = wire.end({ trailerList, responseTrailer }, error)
  const envelope = last && encodePart(wire, last)
  return { envelope, trailers: wire.protocol === 'grpc' ? trailerList : [] }
}

/**
 * Returns a response with the error in the protocol of the request. Default: Connect's unary
 * protocol.
 */
export function errorResponse(
  incoming: Incoming,
  wire: Wire | undefined,
  error: ConnectError,
): Response {
  if (wire?.hasEnvelopes) {
    const { envelope, trailers } = endOfResponse(wire, error)
    if (trailers.length > 0) incoming.setTrailers?.([...trailers])
    return incoming.respond(envelope ?? null, 200, ['content-type', wire.contentType])
  }
  const body = errorToJsonBytes(error, {})
  return incoming.respond(body, codeToHttpStatus(error.code), [
    ...['content-type', contentTypeUnaryJson],
    ...['content-length', String(body.length)],
  ])
}
