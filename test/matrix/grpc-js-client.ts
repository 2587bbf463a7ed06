import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { findTrailerError } from '@connectrpc/connect/protocol-grpc'
import {
  credentials,
  Client as GrpcClient,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import { type Binding, type CallOptions, type Client, grpcOnly, type Session } from './client.ts'

/** @grpc/grpc-js in the process of the test, without its own generated code. */
export const grpcJsClient: Client = {
  name: '@grpc/grpc-js',
  keepsTime: true,
  gaps: grpcOnly,
  found: { value: open },
}

async function open(_lane: Binding, url: string): Promise<Session> {
  const client = new GrpcClient(new URL(url).host, credentials.createInsecure())
  return {
    unary(method, request, options) {
      const { promise, settle } = createCallback<MessageShape<typeof method.output>>()
      const { path, encode, decode } = codecOf(method)
      client.makeUnaryRequest(path, encode, decode, request, toMetadata(options), settle)
      return promise
    },
    async *serverStream(method, request, options) {
      const { path, encode, decode } = codecOf(method)
      const metadata = toMetadata(options)
      const deadline = toDeadline(options)
      const call = client.makeServerStreamRequest(path, encode, decode, request, metadata, deadline)
      const cancel = () => call.cancel()
      options.signal?.addEventListener('abort', cancel)
      try {
        yield* call as AsyncIterable<MessageShape<typeof method.output>>
      } catch (error) {
        throw toConnectError(error as ServiceError)
      } finally {
        options.signal?.removeEventListener('abort', cancel)
        call.cancel()
      }
    },
    clientStream(method, requests, options) {
      const { promise, settle } = createCallback<MessageShape<typeof method.output>>()
      const { path, encode, decode } = codecOf(method)
      const metadata = toMetadata(options)
      const call = client.makeClientStreamRequest(path, encode, decode, metadata, settle)
      for (const request of requests) call.write(request)
      call.end()
      return promise
    },
    async [Symbol.asyncDispose]() {
      client.close()
    },
  }
}

function codecOf<I extends DescMessage, O extends DescMessage>(
  method: DescMethod & { input: I; output: O },
) {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    encode: (request: MessageInitShape<I>) =>
      Buffer.from(toBinary(method.input, create(method.input, request))),
    decode: (bytes: Buffer): MessageShape<O> => fromBinary(method.output, bytes),
  }
}

function createCallback<T>() {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const settle = (error: ServiceError | null, response?: T) => {
    if (error !== null) reject(toConnectError(error))
    else if (response === undefined) reject(new ConnectError('no response', Code.Unimplemented))
    else resolve(response)
  }
  return { promise, settle }
}

function toMetadata({ requestId }: CallOptions): Metadata {
  const metadata = new Metadata()
  metadata.set('x-request-id', requestId)
  return metadata
}

function toDeadline({ timeoutMs }: CallOptions): { deadline?: number } {
  return timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs }
}

/**
 * Converts an error. The codes are the same as in Connect, and the details are where every gRPC
 * client finds them.
 */
function toConnectError({ code, details, metadata }: ServiceError): ConnectError {
  const trailers = new Headers({ 'grpc-status': String(code), 'grpc-message': encodeURI(details) })
  const [packed] = metadata.get('grpc-status-details-bin')
  if (packed instanceof Buffer) trailers.set('grpc-status-details-bin', packed.toString('base64'))
  return findTrailerError(trailers) ?? new ConnectError(status[code] ?? 'no status', Code.Unknown)
}
