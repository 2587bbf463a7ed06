import { Code, ConnectError } from '@connectrpc/connect'
import {
  codeToHttpStatus,
  contentTypeUnaryJson,
  errorToJsonBytes,
} from '@connectrpc/connect/protocol-connect'
import { reasonOf } from '@marquee/connect-hono/errors/reason'
import { retryAfterOf } from '@marquee/connect-hono/errors/retry-info'
import type { Incoming } from '@marquee/connect-hono/request/incoming'
import { encodePart } from '@marquee/connect-hono/wire/base64'
import type { Wire } from '@marquee/connect-hono/wire/wire'
import { streamError } from '@marquee/grpc-transport/status'
import { HeadTooLongError, NotSentError } from '@marquee/http/http2/client/port'
import { StreamReset } from '@marquee/http/http2/frames/errors'
import { LazyHeaders } from '@marquee/http/lazy-headers'
import { errorBody } from '@marquee/transcode/response/errors'
import { withReason } from '../reasons.ts'

/**
 * Returns the error of a call whose stream to an instance could not open, was reset or was lost.
 * The address of the instance is only in the cause, which is for the log.
 */
export function upstreamError(origin: string, cause: Error): ConnectError {
  const whole = streamError(origin, cause)
  const error = new ConnectError(textOf(cause), whole.code, undefined, undefined, whole)
  if (cause instanceof NotSentError) return withReason(error, 'SERVICE_UNREACHABLE')
  return withReason(error, 'CONNECTION_LOST')
}

const unreachableText = 'the service is currently unavailable: call again later'

function textOf(cause: Error): string {
  if (cause instanceof NotSentError) return unreachableText
  if (cause instanceof HeadTooLongError || cause instanceof StreamReset) return cause.message
  return 'the connection to the service was lost'
}

/** Gives the error of a pool that has no instance a reason. */
export function withoutInstance(error: unknown): unknown {
  const isOurs = error instanceof ConnectError && error.code === Code.Unavailable
  return isOurs && !reasonOf(error) ? withReason(error, 'SERVICE_UNREACHABLE') : error
}

/** Returns the error of a stream that nobody has used for the time. */
export function silent(quietTimeoutMs: number): ConnectError {
  const text = `the stream was silent for ${quietTimeoutMs} ms`
  const error = new ConnectError(text, Code.Unavailable)
  return withReason(error, 'STREAM_SILENT', { silentMsMax: quietTimeoutMs })
}

/** Returns the error of a call whose stream to an instance did not open in time. */
export function openTimedOut(origin: string): ConnectError {
  const cause = new Error(`no stream to ${origin} opened in time`)
  const error = new ConnectError(unreachableText, Code.Unavailable, undefined, undefined, cause)
  return withReason(error, 'SERVICE_UNREACHABLE')
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

export interface FailedProtocol {
  /** `undefined` for REST, and for a request of no known protocol. */
  readonly wire: Wire | undefined
  readonly protocol: string
}

/**
 * Returns a response with the error in the protocol of the request. Default: Connect's unary
 * protocol.
 */
export function errorResponse(
  incoming: Incoming,
  { wire, protocol }: FailedProtocol,
  error: ConnectError,
): Response {
  if (wire?.hasEnvelopes) {
    const { envelope, trailers } = endOfResponse(wire, error)
    if (trailers.length > 0) incoming.setTrailers?.([...trailers])
    return incoming.respond(envelope ?? null, 200, ['content-type', wire.contentType])
  }
  if (protocol === 'rest') {
    const { status, headers, body } = errorBody(error, incoming.header('accept'), {})
    return incoming.respond(body, status, [...headers, 'content-length', String(body.length)])
  }
  const body = errorToJsonBytes(error, {})
  const retryAfter = retryAfterOf(error)
  return incoming.respond(body, codeToHttpStatus(error.code), [
    ...['content-type', contentTypeUnaryJson],
    ...['content-length', String(body.length)],
    ...(retryAfter === undefined ? [] : ['retry-after', retryAfter]),
  ])
}
