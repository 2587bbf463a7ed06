import { Code, ConnectError } from '@connectrpc/connect'
import {
  codeToHttpStatus,
  contentTypeUnaryJson,
  errorToJsonBytes,
} from '@connectrpc/connect/protocol-connect'
import type { Incoming } from '@marquee/connect-hono/request/incoming'
import type { Wire } from '@marquee/connect-hono/wire/wire'
import { streamError } from '@marquee/grpc-transport/status'
import { HeadTooLongError, NotSentError } from '@marquee/http/http2/client/port'
import { StreamReset } from '@marquee/http/http2/frames/errors'
import { LazyHeaders } from '@marquee/http/lazy-headers'

/**
 * The error of a call whose stream to an instance was not opened, was reset or was lost. It does
 * not say where the instance is: that is for the log, which is given the error's cause.
 */
export function upstreamError(origin: string, cause: Error): ConnectError {
  const whole = streamError(origin, cause)
  return new ConnectError(textOf(cause), whole.code, undefined, undefined, whole)
}

const unreachable = 'the service cannot be reached now: call again later'

function textOf(cause: Error): string {
  if (cause instanceof NotSentError) return unreachable
  if (cause instanceof HeadTooLongError || cause instanceof StreamReset) return cause.message
  return 'the connection to the service was lost'
}

/** No stream to the instance was opened in time. */
export function noRoom(origin: string): ConnectError {
  const cause = new Error(`cannot reach ${origin}: it is late`)
  return new ConnectError(unreachable, Code.Unavailable, undefined, undefined, cause)
}

/** The error of a call whose client has stopped sending its request. */
export function cutOff(cause: unknown): ConnectError {
  return new ConnectError('the request was cut off', Code.Canceled, undefined, undefined, cause)
}

/** How an answer with envelopes ends: by a last envelope, or by trailers. */
export interface LastWords {
  readonly envelope: Uint8Array | undefined
  readonly trailers: readonly string[]
}

export function lastWords(wire: Wire, error: ConnectError): LastWords {
  const trailerList: string[] = []
  const responseTrailer = new LazyHeaders(trailerList) as unknown as Headers
  const envelope = wire.end({ trailerList, responseTrailer }, error)
  return { envelope, trailers: wire.protocol === 'grpc' ? trailerList : [] }
}

/**
 * A whole answer that says the error, as the protocol of its request has it; Connect's unary one
 * unless known.
 */
export function failureAnswer(
  incoming: Incoming,
  wire: Wire | undefined,
  error: ConnectError,
): Response {
  if (wire?.hasEnvelopes) {
    const { envelope, trailers } = lastWords(wire, error)
    if (trailers.length > 0) incoming.setTrailers?.([...trailers])
    return incoming.respond(envelope ?? null, 200, ['content-type', wire.contentType])
  }
  const body = errorToJsonBytes(error, {})
  return incoming.respond(body, codeToHttpStatus(error.code), [
    ...['content-type', contentTypeUnaryJson],
    ...['content-length', String(body.length)],
  ])
}
