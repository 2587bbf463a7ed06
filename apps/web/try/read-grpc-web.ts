import { Code, ConnectError } from '@connectrpc/connect'
import { createEnvelopeReadableStream } from '@connectrpc/connect/protocol'
import { codeFromHttpStatus, findTrailerError } from '@connectrpc/connect/protocol-grpc'
import { trailerFlag, trailerParse } from '@connectrpc/connect/protocol-grpc-web'
import type { Call, CallEvent } from './call.ts'
import { callErrorOf } from './call-error.ts'
import { messageEvent } from './read-connect.ts'

/** Reads a gRPC-Web response: enveloped messages and then trailers, or trailers as headers. */
export async function* readGrpcWeb(call: Call, response: Response): AsyncGenerator<CallEvent> {
  if (response.status !== 200 || response.body === null) {
    const code = codeFromHttpStatus(response.status)
    throw new ConnectError(`HTTP ${response.status} ${response.statusText}`.trim(), code)
  }
  if (response.headers.has('grpc-status')) return yield endEvent(call, response.headers, [])
  for await (const { flags, data } of createEnvelopeReadableStream(response.body)) {
    if ((flags & trailerFlag) === 0) {
      yield messageEvent(call, data)
      continue
    }
    const trailers = trailerParse(data)
    return yield endEvent(call, trailers, [...trailers])
  }
  throw new ConnectError('the stream ended without trailers', Code.DataLoss)
}

function endEvent(call: Call, status: Headers, trailers: [string, string][]): CallEvent {
  const error = findTrailerError(status)
  const end = { kind: 'end', trailers } as const
  return error === undefined ? end : { ...end, error: callErrorOf(error, call.registry) }
}
