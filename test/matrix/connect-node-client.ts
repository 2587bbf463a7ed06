import type { Transport } from '@connectrpc/connect'
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from '@connectrpc/connect-node'
import { type Binding, binaryOnly, type Client, type Protocol, type Session } from './client.ts'
import { createConnectSession } from './connect-session.ts'

/** The transports of @connectrpc/connect-node, in the process of the test. */
export const connectNodeClient: Client = {
  name: 'connect-node',
  keepsTime: true,
  gaps: [binaryOnly, { protocol: 'rest', reason: 'it speaks RPC alone' }],
  found: { value: open },
}

async function open({ protocol, http }: Binding, baseUrl: string): Promise<Session> {
  const sessionManager = new Http2SessionManager(baseUrl)
  const http2 = { baseUrl, httpVersion: '2', sessionManager } as const
  const http1 = { baseUrl, httpVersion: '1.1', nodeOptions: { agent: false } } as const
  const options = http === '2' ? http2 : http1
  const transports: Partial<Record<Protocol, () => Transport>> = {
    grpc: () => createGrpcTransport(http2),
    'grpc-web': () => createGrpcWebTransport(options),
    connect: () => createConnectTransport(options),
    'connect-get': () => createConnectTransport({ ...options, useHttpGet: true }),
  }
  const transport = transports[protocol]?.()
  if (transport === undefined) throw new Error(`connect-node does not speak ${protocol}`)
  return createConnectSession(transport, () => sessionManager.abort())
}
