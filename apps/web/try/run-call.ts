import { Code, ConnectError } from '@connectrpc/connect'
import type { Call, CallEvent } from './call.ts'
import { type HttpRequest, httpRequestOf } from './http-request.ts'
import { endEvent, readConnectUnary, readStream } from './read-response.ts'

/** Makes the call and yields its events; the last one is always an end. The signal cancels the call. */
export async function* runCall(call: Call, signal: AbortSignal): AsyncGenerator<CallEvent> {
  try {
    const request = httpRequestOf(call)
    const response = await send(request, signal)
    yield { kind: 'head', httpStatus: response.status, headers: [...response.headers] }
    yield* request.enveloped ? readStream(call, response) : readConnectUnary(call, response)
  } catch (error) {
    yield endEvent(call, [], reasonOf(error, signal))
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

function reasonOf(error: unknown, signal: AbortSignal): ConnectError {
  if (signal.aborted) return new ConnectError('The call was canceled.', Code.Canceled)
  if (!(error instanceof TypeError)) return ConnectError.from(error, Code.Internal)
  const text = `Couldn't reach the service, or lost the connection (${error.message}). Check the network, then send again.`
  return new ConnectError(text, Code.Unavailable)
}
