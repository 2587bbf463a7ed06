import { Code, ConnectError } from '@connectrpc/connect'
import type { Call, CallEvent, HttpHeader } from './call.ts'
import { callErrorOf } from './call-error.ts'
import { type HttpRequest, httpRequestOf } from './http-request.ts'
import { readConnectStream, readConnectUnary } from './read-connect.ts'
import { readGrpcWeb } from './read-grpc-web.ts'

/** Makes the call and yields its events; the last one is always an end. The signal cancels the call. */
export async function* runCall(call: Call, signal: AbortSignal): AsyncGenerator<CallEvent> {
  try {
    const response = await send(httpRequestOf(call), signal)
    yield { kind: 'head', httpStatus: response.status, headers: [...response.headers] }
    yield* read(call, response)
  } catch (error) {
    const { reason, trailers } = failureOf(error, signal)
    yield { kind: 'end', trailers, error: callErrorOf(reason, call.registry) }
  }
}

function send({ url, verb, headers, body }: HttpRequest, signal: AbortSignal): Promise<Response> {
  const init: RequestInit = {
    method: verb,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
    signal,
    redirect: 'error',
    cache: 'no-store',
  }
  return fetch(url, body === undefined ? init : { ...init, body })
}

function read(call: Call, response: Response): AsyncGenerator<CallEvent> {
  if (call.options.protocol === 'grpc-web') return readGrpcWeb(call, response)
  return call.method.methodKind === 'unary'
    ? readConnectUnary(call, response)
    : readConnectStream(call, response)
}

function failureOf(error: unknown, signal: AbortSignal) {
  const trailers: HttpHeader[] = []
  if (signal.aborted) {
    return { reason: new ConnectError('The call was canceled.', Code.Canceled), trailers }
  }
  if (error instanceof TypeError) {
    const text = `no response, or the connection broke: ${error.message}`
    return { reason: new ConnectError(text, Code.Unavailable), trailers }
  }
  return { reason: ConnectError.from(error, Code.Internal), trailers }
}
