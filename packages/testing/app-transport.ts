import type { Transport } from '@connectrpc/connect'
import { createFetchClient } from '@connectrpc/connect/protocol'
import { createTransport as createConnectTransport } from '@connectrpc/connect/protocol-connect'
import { createTransport as createGrpcWebTransport } from '@connectrpc/connect/protocol-grpc-web'

/** What answers requests without a port: a Hono app. */
export interface FetchableApp {
  fetch(request: Request): Response | Promise<Response>
}

export interface AppTransportOptions {
  /** `connect` unless told. */
  readonly protocol?: 'connect' | 'grpc-web'
  /** Binary unless told. */
  readonly json?: boolean
  /** Reads by Connect GET; by POST unless told. */
  readonly useHttpGet?: boolean
}

/** The origin that calls without a port name. */
export const appOrigin = 'http://app.test'

const messageBytesMax = 16 * 1024 * 1024

/** Calls an app in this process by `app.fetch`, without a port. It carries every kind of stream but the two-way one. */
export function createAppTransport(
  app: FetchableApp,
  { protocol = 'connect', json = false, useHttpGet = false }: AppTransportOptions = {},
): Transport {
  const fetchApp = (input: RequestInfo | URL, init?: RequestInit) =>
    ask(app, new Request(input, init))
  const createTransport = protocol === 'connect' ? createConnectTransport : createGrpcWebTransport
  return createTransport({
    baseUrl: appOrigin,
    // Bun's `fetch` has a method besides, which nobody calls here.
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

/** As a server does, it stops to ask for the answer's body when the client has left. */
async function ask(app: FetchableApp, request: Request): Promise<Response> {
  const response = await app.fetch(request)
  const { signal } = request
  return new Response(response.body?.pipeThrough(new TransformStream(), { signal }), response)
}
