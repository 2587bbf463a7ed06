import type {
  DescMessage,
  DescMethodStreaming,
  DescMethodUnary,
  MessageShape,
} from '@bufbuild/protobuf'
import {
  ConnectError,
  type StreamResponse,
  type Transport,
  type UnaryResponse,
} from '@connectrpc/connect'
import { NotSentError } from '@marquee/http/http2/client/port'
import type { CallContext, CallLimits } from './call.ts'
import { createCodecs } from './codec.ts'
import { Deadlines } from './deadlines.ts'
import { withInterceptors } from './interceptors.ts'
import { type GrpcOptions, resolveOptions, type Streams } from './options.ts'
import { RequestHeaderWriter, timeoutMsMax } from './request-headers.ts'
import { StreamCall } from './stream-call.ts'
import { UnaryCall } from './unary-call.ts'

/**
 * Creates a Connect transport that calls a server by gRPC over HTTP/2
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).
 *
 * - Deadlines: the client sends `timeoutMs` to the server and enforces it too. Without a
 *   `timeoutMs`, or with one of 0 or less, a call has no deadline.
 * - Errors: a call whose connection is lost fails with `UNAVAILABLE`. `isNotSent` returns whether
 *   the server cannot have acted on it.
 * - Interceptors see the caller's metadata, and not the headers of the protocol.
 * @param baseUrl its path becomes a prefix of the path of each method.
 */
export function createGrpcTransport(
  baseUrl: string,
  streams: Streams,
  given: GrpcOptions = {},
): Transport {
  const options = resolveOptions(given)
  const context: CallContext = { streams, options, deadlines: new Deadlines() }
  const requestHeaders = new RequestHeaderWriter(baseUrl, options)
  const codecOf = createCodecs(options)

  async function unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    limits: CallLimits,
    metadata: HeadersInit | undefined,
    input: object,
  ): Promise<UnaryResponse<I, O>> {
    const codec = codecOf(method)
    const encoded = codec.encode(input)
    const request = encoded instanceof Uint8Array ? encoded : await encoded
    const call = new UnaryCall(context, limits, method, codec, request)
    call.start(requestHeaders.write(method, limits.timeoutMs, metadata))
    return call.response as Promise<UnaryResponse<I, O>>
  }

  async function stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodStreaming<I, O>,
    limits: CallLimits,
    metadata: HeadersInit | undefined,
    input: AsyncIterable<object>,
  ): Promise<StreamResponse<I, O>> {
    const call = new StreamCall(context, limits, codecOf(method), input)
    call.start(requestHeaders.write(method, limits.timeoutMs, metadata))
    const { header, trailer, messages } = await call.response
    const message = messages as AsyncIterable<MessageShape<O>>
    return { stream: true, service: method.parent, method, header, trailer, message }
  }

  const transport: Transport = {
    unary: (method, signal, timeoutMs, metadata, input) =>
      unary(method, { signal, timeoutMs: checkedTimeout(timeoutMs) }, metadata, input),
    stream: (method, signal, timeoutMs, metadata, input) =>
      stream(method, { signal, timeoutMs: checkedTimeout(timeoutMs) }, metadata, input),
  }
  return withInterceptors(transport, baseUrl, options.interceptors)
}

/**
 * Returns whether the server cannot have acted on the call: nothing of it was sent, or the server
 * refused to look at it.
 */
export function isNotSent(error: unknown): boolean {
  return error instanceof ConnectError && error.cause instanceof NotSentError
}

/** Rounds to whole milliseconds, as `grpc-timeout` requires. */
function checkedTimeout(timeoutMs: number | undefined): number | undefined {
  if (timeoutMs === undefined || timeoutMs <= 0) return undefined
  return Math.min(Math.ceil(timeoutMs), timeoutMsMax)
}
