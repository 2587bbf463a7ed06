import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web'
import { type Binding, binaryOnly, type Client, type Session } from './client.ts'
import { createConnectSession } from './connect-session.ts'

/** The transports of @connectrpc/connect-web, on the fetch of the test's process. */
export const connectWebClient: Client = {
  name: 'connect-web',
  keepsTime: true,
  gaps: [
    binaryOnly,
    { protocol: 'grpc', reason: 'a fetch does not show the trailers that gRPC needs' },
    { protocol: 'rest', reason: 'it speaks RPC alone' },
    { http: '2', reason: 'a fetch speaks HTTP/2 over TLS alone' },
    { operations: ['client stream'], reason: 'a fetch in a browser cannot stream a request' },
  ],
  found: { value: open },
}

async function open({ protocol }: Binding, baseUrl: string): Promise<Session> {
  const useHttpGet = protocol === 'connect-get'
  const transport =
    protocol === 'grpc-web'
      ? createGrpcWebTransport({ baseUrl })
      : createConnectTransport({ baseUrl, useHttpGet })
  return createConnectSession(transport, () => {})
}
