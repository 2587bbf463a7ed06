import type { Transport } from '@connectrpc/connect'
import { createFetchClient } from '@connectrpc/connect/protocol'
import { createTransport as createConnectTransport } from '@connectrpc/connect/protocol-connect'
import { createTransport as createGrpcWebTransport } from '@connectrpc/connect/protocol-grpc-web'

/** A server without a port, such as a Hono app. */
export interface FetchableApp {
  fetch(request: Request): Response | Promise<Response>
}

export interface AppTransportOptions {
  /** Default: `connect`. */
  readonly protocol?: 'connect' | 'grpc-web'
  /** Uses JSON instead of binary messages. Default: false. */
  readonly json?: boolean
  /** Calls methods without side effects by Connect GET. Default: false. */
  readonly useHttpGet?: boolean
}

/** Origin of calls without a port. */
export const appOrigin = 'http://app.test'

const messageBytesMax = 16 * 1024 * 1024

/**
 * Calls an app in this process by `app.fetch`, without a port. Supports every kind of stream except
 * bidirectional ones.
 */
export function createAppTransport(
  app: FetchableApp,
  { protocol = 'connect', json = false, useHttpGet = false }: AppTransportOptions = {},
): Transport {
  const fetchApp = (input: RequestInfo | URL, init?: RequestInit) =>
    callApp(app, new Request(input, init))
  const createTransport = protocol === 'connect' ? createConnectTransport : createGrpcWebTransport
  return createTransport({
    baseUrl: appOrigin,
    // Bun's `fetch` has one more method, which is not called here.
    httpClient: createFetchClient(fetchApp as typeof fetch),
    useBinaryFormat: !json,
    useHttpGet,
    interceptors: [],
    acceptCompression: [],
    sendCompression: null,
    compressMinBytes: messageBytesMax,
    readMaxBytes: messageBytesMax,
    writeMaxBytes: messageBytesMax,
  })
}

/**
 * Calls the app. After an abort it cancels the response body, as a server does when a client
 * disconnects.
 */
async function callApp(app: FetchableApp, request: Request): Promise<Response> {
  const response = await app.fetch(request)
  const { signal } = request
  return new Response(response.body?.pipeThrough(new TransformStream(), { signal }), response)
}
