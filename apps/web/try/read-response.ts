import { createRegistry, fromBinary, type Registry, toJsonString } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { createEnvelopeReadableStream } from '@connectrpc/connect/protocol'
import {
  codeFromHttpStatus,
  codeToString,
  endStreamFlag,
  endStreamFromJson,
  errorFromJsonBytes,
  trailerDemux,
} from '@connectrpc/connect/protocol-connect'
import * as grpc from '@connectrpc/connect/protocol-grpc'
import { trailerFlag, trailerParse } from '@connectrpc/connect/protocol-grpc-web'
import { file_google_rpc_error_details } from '@marquee/connect-hono/gen/google/rpc/error_details_pb'
import type { Call, CallError, CallEvent, ErrorDetail, HttpHeader } from './call.ts'
import { chunksOf } from './chunks.ts'
import { inflate } from './inflate.ts'

/** Flag of a compressed message in its envelope, of both protocols. */
const compressedFlag = 1

/** Reads a unary Connect response: trailers are headers that begin with `trailer-`. */
export async function* readConnectUnary(call: Call, response: Response): AsyncGenerator<CallEvent> {
  const bytes = new Uint8Array(await response.arrayBuffer())
  const trailers = [...trailerDemux(response.headers)[1]]
  if (response.status === 200) {
    yield messageEvent(call, bytes)
    return yield endEvent(call, trailers)
  }
  const fallback = statusError(response, codeFromHttpStatus)
  const isError = response.headers.get('content-type')?.startsWith('application/json')
  yield endEvent(
    call,
    trailers,
    isError ? errorFromJsonBytes(bytes, undefined, fallback) : fallback,
  )
}

/**
 * Reads enveloped messages, the last of which has the trailers and the error. With gRPC-Web, the
 * headers may have them instead.
 */
export async function* readStream(call: Call, response: Response): AsyncGenerator<CallEvent> {
  const isGrpc = call.options.protocol === 'grpc-web'
  if (response.status !== 200 || response.body === null) {
    throw statusError(response, isGrpc ? grpc.codeFromHttpStatus : codeFromHttpStatus)
  }
  if (isGrpc && response.headers.has('grpc-status')) {
    return yield endEvent(call, [], grpc.findTrailerError(response.headers))
  }
  const encoding = response.headers.get(isGrpc ? 'grpc-encoding' : 'connect-content-encoding')
  for await (const envelope of chunksOf(createEnvelopeReadableStream(response.body))) {
    const { flags } = envelope
    const data = (flags & compressedFlag) === 0 ? envelope.data : await decode(envelope, encoding)
    if ((flags & (isGrpc ? trailerFlag : endStreamFlag)) !== 0) {
      const { metadata, error } = isGrpc ? parseTrailers(data) : endStreamFromJson(data)
      return yield endEvent(call, [...metadata], error)
    }
    yield messageEvent(call, data)
  }
  const last = isGrpc ? 'trailers' : 'its end-of-stream message'
  throw new ConnectError(`the stream ended without ${last}`, Code.DataLoss)
}

function decode({ data }: { data: Uint8Array }, encoding: string | null): Promise<Uint8Array> {
  if (encoding === 'gzip') return inflate(data)
  throw new ConnectError(`a message has the encoding ${encoding}, not gzip`, Code.Internal)
}

function parseTrailers(data: Uint8Array) {
  const metadata = trailerParse(data)
  return { metadata, error: grpc.findTrailerError(metadata) }
}

function statusError({ status, statusText }: Response, codeOf: (status: number) => Code) {
  return new ConnectError(`HTTP ${status} ${statusText}`.trim(), codeOf(status))
}

/** The message as indented JSON. */
function messageEvent({ method, registry, options }: Call, data: Uint8Array): CallEvent {
  const json =
    options.format === 'json'
      ? JSON.stringify(JSON.parse(new TextDecoder().decode(data)), undefined, 2)
      : toJsonString(method.output, fromBinary(method.output, data), { registry, prettySpaces: 2 })
  return { kind: 'message', json, byteCount: data.byteLength }
}

export function endEvent(
  { registry }: Call,
  trailers: readonly HttpHeader[],
  error?: ConnectError,
): CallEvent {
  const end = { kind: 'end', trailers } as const
  return error === undefined ? end : { ...end, error: callErrorOf(error, registry) }
}

/** The error as the page shows it, with the details whose types are in the registry decoded. */
function callErrorOf(error: ConnectError, registry: Registry): CallError {
  return {
    code: codeToString(error.code),
    message: error.rawMessage,
    details: error.details.flatMap((detail) =>
      'type' in detail && typeof detail.type === 'string'
        ? [decodeDetail(detail.type, detail.value as Uint8Array, registry)]
        : [],
    ),
  }
}

/** The standard details of errors, which the protos of the services do not import. */
const errorDetails = createRegistry(file_google_rpc_error_details)

function decodeDetail(typeName: string, value: Uint8Array, registry: Registry): ErrorDetail {
  const type = registry.getMessage(typeName) ?? errorDetails.getMessage(typeName)
  if (type === undefined) return { typeName }
  const json = toJsonString(type, fromBinary(type, value), { registry, prettySpaces: 2 })
  return { typeName, json }
}
