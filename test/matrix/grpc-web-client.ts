import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { findTrailerError } from '@connectrpc/connect/protocol-grpc'
import {
  type ClientReadableStream,
  GrpcWebClientBase,
  type Metadata,
  MethodDescriptor,
  MethodType,
  type RpcError,
} from 'grpc-web'
import { XMLHttpRequest } from 'xmlhttprequest-ssl'
import type { Binding, CallOptions, Client, Session } from './client.ts'

/**
 * The official grpc-web without its own generated code, in both of its modes: base64, which its
 * generator uses by default, and binary.
 */
export const grpcWebClient: Client = {
  name: 'grpc-web',
  keepsTime: true,
  gaps: [
    ...(['grpc', 'connect', 'connect-get', 'rest'] as const).map((protocol) => ({
      protocol,
      reason: 'it speaks only gRPC-Web',
    })),
    {
      protocol: 'grpc-web',
      operations: ['server stream', 'cancellation', 'deadline'],
      reason: 'it has no streams in binary, because an XMLHttpRequest has no chunks of bytes',
    },
    { http: '2', reason: 'its XMLHttpRequest speaks HTTP/2 in browsers alone' },
    { operations: ['client stream'], reason: 'it has unary calls and server streams alone' },
  ],
  found: { value: open },
}

/**
 * An XMLHttpRequest of browsers in two more respects: it reports each chunk, and it bears that
 * grpc-web removes its listener before the last event.
 */
class BrowserRequest extends XMLHttpRequest {
  constructor() {
    super()
    let listener: unknown = null
    Object.defineProperty(this, 'onreadystatechange', {
      get: () => listener,
      set(given: unknown) {
        listener = given ?? (() => {})
      },
    })
    let text = ''
    Object.defineProperty(this, 'responseText', {
      get: () => text,
      set: (given: string) => {
        const isChunk = this.readyState === loading && given.length > text.length
        text = given
        if (isChunk) this.dispatchEvent('readystatechange')
      },
    })
  }
}

async function open({ protocol }: Binding, url: string): Promise<Session> {
  // It has no other way to send a request.
  Object.assign(globalThis, { XMLHttpRequest: BrowserRequest })
  const client = new GrpcWebClientBase({ format: protocol === 'grpc-web' ? 'binary' : 'text' })
  return {
    async unary(method, request, options) {
      const { path, descriptor } = describe(method, MethodType.UNARY)
      const message = create(method.input, request)
      try {
        const metadata = toMetadata(options)
        return await client.unaryCall(url + path, message, metadata, descriptor)
      } catch (error) {
        throw toConnectError(error as RpcError)
      }
    },
    serverStream(method, request, options) {
      const { path, descriptor } = describe(method, MethodType.SERVER_STREAMING)
      const message = create(method.input, request)
      const metadata = toMetadata(options)
      const stream = client.serverStreaming(url + path, message, metadata, descriptor)
      return toIterable(stream, options.signal)
    },
    async clientStream() {
      throw new Error('grpc-web has no client streams')
    },
    async [Symbol.asyncDispose]() {},
  }
}

type Method<I, O> = DescMethod & { readonly input: I; readonly output: O }

function describe<I extends DescMessage, O extends DescMessage>(
  method: Method<I, O>,
  type: string,
) {
  const path = `/${method.parent.typeName}/${method.name}`
  const descriptor = new MethodDescriptor<MessageShape<I>, MessageShape<O>>(
    path,
    type,
    Object as never,
    Object as never,
    (request: MessageShape<I>) => toBinary(method.input, request),
    (bytes: Uint8Array) => fromBinary(method.output, bytes),
  )
  return { path, descriptor }
}

/** `readyState` of a response whose body arrives. */
const loading = 3

/** Converts a stream. It is cancelled when nobody reads it. */
async function* toIterable<T>(
  stream: ClientReadableStream<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  const messages: T[] = []
  let outcome: { error?: ConnectError } | undefined
  let wake = () => {}
  const end = (error?: ConnectError) => {
    outcome ??= error === undefined ? {} : { error }
    wake()
  }
  stream.on('data', (message) => {
    messages.push(message)
    wake()
  })
  stream.on('error', (error) => end(toConnectError(error)))
  stream.on('end', () => end())
  // It reports nothing about a call that it cancels.
  const leave = () => end(new ConnectError('the call was cancelled', Code.Canceled))
  signal?.addEventListener('abort', leave)
  try {
    for (;;) {
      const message = messages.shift()
      if (message !== undefined) yield message
      else if (outcome?.error !== undefined) throw outcome.error
      else if (outcome !== undefined) return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    signal?.removeEventListener('abort', leave)
    stream.cancel()
  }
}

function toMetadata({ requestId, timeoutMs }: CallOptions): Metadata {
  const metadata: Metadata = { 'x-request-id': requestId }
  if (timeoutMs !== undefined) metadata.deadline = String(Date.now() + timeoutMs)
  return metadata
}

/** Converts an error, whose metadata are the trailers. */
function toConnectError({ code, message, metadata }: RpcError): ConnectError {
  const trailers = new Headers({
    'grpc-status': String(code),
    'grpc-message': encodeURIComponent(message),
  })
  const details = metadata?.['grpc-status-details-bin']
  if (details !== undefined) trailers.set('grpc-status-details-bin', details)
  return findTrailerError(trailers) ?? new ConnectError('no status', Code.Unknown)
}
