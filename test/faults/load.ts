import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { createClient, type Transport } from '@connectrpc/connect'
import {
  createConnectTransport,
  createGrpcTransport,
  Http2SessionManager,
} from '@connectrpc/connect-node'
import { createConnectTransport as createFetchTransport } from '@connectrpc/connect-web'
import { credentials, Client as GrpcJsClient } from '@grpc/grpc-js'
import { createServiceTransport } from '@marquee/grpc-transport/service-transport'
import {
  GetMetadataRequestSchema,
  type GetMetadataResponse,
  GetMetadataResponseSchema,
  MetadataService,
} from '../../gen/metadata/v1/metadata_pb.ts'
import { createStaticRegistry } from '../../packages/registry/static/static.ts'

/** Requests a movie's title from an instance of metadata, on persistent connections. */
export interface LoadConnection extends AsyncDisposable {
  call(movieId: string): Promise<string | undefined>
}

/** A kind of client. */
export interface LoadClient {
  readonly name: string
  /** Calls the first of the instances, and the next one when a call could not be sent. */
  connect(urls: readonly string[]): Promise<LoadConnection>
}

export const loadClients: readonly LoadClient[] = [
  {
    name: 'the transport of our own services',
    connect: connectService,
  },
  {
    name: 'connect-node, gRPC',
    connect: inTurn((url) => connectNode(url, createGrpcTransport)),
  },
  {
    name: 'connect-node, Connect over HTTP/2',
    connect: inTurn((url) =>
      connectNode(url, (options) => createConnectTransport({ ...options, httpVersion: '2' })),
    ),
  },
  { name: 'grpc-js', connect: inTurn(connectGrpcJs) },
  {
    name: 'fetch, Connect JSON over HTTP/1.1',
    connect: inTurn((url) =>
      callThrough(createFetchTransport({ baseUrl: url, useBinaryFormat: false }), () => {}),
    ),
  },
]

async function connectService(urls: readonly string[]): Promise<LoadConnection> {
  const registry = createStaticRegistry({ addresses: { metadata: urls } })
  const transport = await createServiceTransport({ resolver: registry, service: 'metadata' })
  return callThrough(transport, () => transport[Symbol.asyncDispose]())
}

/**
 * Opens one connection for each instance. Every call in flight moves to the next instance on its
 * own.
 */
function inTurn(connect: (url: string) => LoadConnection): LoadClient['connect'] {
  return async (urls) => {
    const connections = urls.map(connect)
    let current = 0
    async function call(movieId: string, index: number): Promise<string | undefined> {
      const connection = connections[index]
      if (connection === undefined) throw new Error('no instance is left')
      try {
        return await connection.call(movieId)
      } catch (error) {
        if (!isNotSent(error)) throw error
        current = Math.max(current, index + 1)
        return await call(movieId, index + 1)
      }
    }
    return {
      call: (movieId) => call(movieId, current),
      async [Symbol.asyncDispose]() {
        for (const connection of connections) await connection[Symbol.asyncDispose]()
      },
    }
  }
}

interface NodeTransportOptions {
  readonly baseUrl: string
  readonly sessionManager: Http2SessionManager
}

function connectNode(
  url: string,
  createTransport: (options: NodeTransportOptions) => Transport,
): LoadConnection {
  const sessionManager = new Http2SessionManager(url)
  return callThrough(createTransport({ baseUrl: url, sessionManager }), () =>
    sessionManager.abort(),
  )
}

function callThrough(transport: Transport, close: () => PromiseLike<void> | void): LoadConnection {
  const client = createClient(MetadataService, transport)
  return {
    call: async (movieId) => (await client.getMetadata({ movieId })).metadata?.title,
    [Symbol.asyncDispose]: async () => await close(),
  }
}

function connectGrpcJs(url: string): LoadConnection {
  const client = new GrpcJsClient(new URL(url).host, credentials.createInsecure())
  const path = '/metadata.v1.MetadataService/GetMetadata'
  const encode = (movieId: string) =>
    Buffer.from(toBinary(GetMetadataRequestSchema, create(GetMetadataRequestSchema, { movieId })))
  const decode = (bytes: Buffer) => fromBinary(GetMetadataResponseSchema, bytes)
  return {
    async call(movieId) {
      const { promise, resolve, reject } = Promise.withResolvers<GetMetadataResponse | undefined>()
      client.makeUnaryRequest(path, encode, decode, movieId, (error, response) => {
        if (error === null) resolve(response)
        else reject(error)
      })
      return (await promise)?.metadata?.title
    },
    [Symbol.asyncDispose]: async () => client.close(),
  }
}

/**
 * Returns whether a call failed before anything was sent: no connection could be opened, or it is
 * closing.
 */
export function isNotSent(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code = '' } = cause as NodeJS.ErrnoException
    if (['ECONNREFUSED', 'ConnectionRefused', 'ERR_HTTP2_GOAWAY_SESSION'].includes(code))
      return true
    // grpc-js reports only the text.
    if (/No connection established.*ECONNREFUSED/.test(cause.message)) return true
  }
  return false
}
