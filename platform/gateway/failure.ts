import type { ConnectError } from '@connectrpc/connect'
import {
  codeToHttpStatus,
  contentTypeUnaryJson,
  errorToJsonBytes,
} from '@connectrpc/connect/protocol-connect'
import { LightHeaders } from '../http/light-headers.ts'
import type { Incoming } from '../rpc/incoming.ts'
import type { Wire } from '../rpc/wire.ts'

/** How an answer with envelopes ends: by a last envelope, or by trailers. */
export interface LastWords {
  readonly envelope: Uint8Array | undefined
  readonly trailers: readonly string[]
}

export function lastWords(wire: Wire, error: ConnectError): LastWords {
  const trailerFields: string[] = []
  const responseTrailer = new LightHeaders(trailerFields) as unknown as Headers
  const envelope = wire.end({ trailerFields, responseTrailer }, error)
  return { envelope, trailers: wire.protocol === 'grpc' ? trailerFields : [] }
}

/** A whole answer that says the error, as the protocol of its request has it; Connect's unary one unless known. */
export function failureAnswer(
  incoming: Incoming,
  wire: Wire | undefined,
  error: ConnectError,
): Response {
  if (wire?.hasEnvelopes) {
    const { envelope, trailers } = lastWords(wire, error)
    if (trailers.length > 0) incoming.leaveTrailers?.([...trailers])
    return incoming.respond(envelope ?? null, 200, ['content-type', wire.contentType])
  }
  const body = errorToJsonBytes(error, {})
  return incoming.respond(body, codeToHttpStatus(error.code), [
    ...['content-type', contentTypeUnaryJson],
    ...['content-length', String(body.length)],
  ])
}
