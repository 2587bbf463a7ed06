import { fromBinary, toJsonString } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { createEnvelopeReadableStream } from '@connectrpc/connect/protocol'
import {
  codeFromHttpStatus,
  endStreamFlag,
  endStreamFromJson,
  errorFromJsonBytes,
  trailerDemux,
} from '@connectrpc/connect/protocol-connect'
import type { Call, CallEvent } from './call.ts'
import { callErrorOf } from './call-error.ts'

/** Reads a unary Connect response: trailers are headers that begin with `trailer-`. */
export async function* readConnectUnary(call: Call, response: Response): AsyncGenerator<CallEvent> {
  const bytes = new Uint8Array(await response.arrayBuffer())
  const trailers = [...trailerDemux(response.headers)[1]]
  if (response.status === 200) {
    yield messageEvent(call, bytes)
    yield { kind: 'end', trailers }
    return
  }
  const fallback = new ConnectError(
    `HTTP ${response.status} ${response.statusText}`.trim(),
    codeFromHttpStatus(response.status),
  )
  const isError = response.headers.get('content-type')?.startsWith('application/json')
  const error = isError ? errorFromJsonBytes(bytes, undefined, fallback) : fallback
  yield { kind: 'end', trailers, error: callErrorOf(error, call.registry) }
}

/** Reads a Connect stream: enveloped messages, the last of which has the trailers and the error. */
export async function* readConnectStream(
  call: Call,
  response: Response,
): AsyncGenerator<CallEvent> {
  if (response.status !== 200 || response.body === null) {
    const code = codeFromHttpStatus(response.status)
    throw new ConnectError(`HTTP ${response.status} ${response.statusText}`.trim(), code)
  }
  for await (const { flags, data } of createEnvelopeReadableStream(response.body)) {
    if ((flags & endStreamFlag) === 0) {
      yield messageEvent(call, data)
      continue
    }
    const { metadata, error } = endStreamFromJson(data)
    const end = { kind: 'end', trailers: [...metadata] } as const
    yield error === undefined ? end : { ...end, error: callErrorOf(error, call.registry) }
    return
  }
  throw new ConnectError('the stream ended without its end-of-stream message', Code.DataLoss)
}

/** The message as indented JSON. */
export function messageEvent(call: Call, data: Uint8Array): CallEvent {
  const { method, registry, options } = call
  const json =
    options.format === 'json'
      ? JSON.stringify(JSON.parse(new TextDecoder().decode(data)), undefined, 2)
      : toJsonString(method.output, fromBinary(method.output, data), { registry, prettySpaces: 2 })
  return { kind: 'message', json, byteCount: data.byteLength }
}
