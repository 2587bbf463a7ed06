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
import type { CallLimits, Calls } from './call.ts'
import { createCodecs } from './codec.ts'
import { Deadlines } from './deadlines.ts'
import { withInterceptors } from './interceptors.ts'
import { type GrpcOptions, resolveOptions, type Streams } from './options.ts'
import { RequestHeads, timeoutMsMax } from './request-head.ts'
import { StreamCall } from './stream-call.ts'
import { UnaryCall } from './unary-call.ts'

/**
 * A Connect transport that calls a server by gRPC over HTTP/2
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).
 *
 * - A call ends by its `timeoutMs`, which the server is told and this side enforces, by its signal, or by the end of its
 *   stream. Without a `timeoutMs`, or with one of 0 or less, it has no deadline.
 * - A call whose connection is lost is UNAVAILABLE; `isNotSent` tells when the server cannot have acted on it.
 * - Interceptors see the caller's metadata; the fields of the protocol are not theirs.
 * @param baseUrl its path comes before that of the method.
 */
export function createGrpcTransport(
  baseUrl: string,
  streams: Streams,
  given: GrpcOptions = {},
): Transport {
  const options = resolveOptions(given)
  const calls: Calls = { streams, options, deadlines: new Deadlines() }
  const heads = new RequestHeads(baseUrl, options)
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
    const call = new UnaryCall(calls, limits, method, codec, request)
    call.start(heads.write(method, limits.timeoutMs, metadata))
    return call.answered as Promise<UnaryResponse<I, O>>
  }

  async function stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodStreaming<I, O>,
    limits: CallLimits,
    metadata: HeadersInit | undefined,
    input: AsyncIterable<object>,
  ): Promise<StreamResponse<I, O>> {
    const call = new StreamCall(calls, limits, codecOf(method), input)
    call.start(heads.write(method, limits.timeoutMs, metadata))
    const { header, trailer, messages } = await call.answered
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

/** Whether an error says that the server cannot have acted on the call: nothing of it was sent, or nothing looked at. */
export function isNotSent(error: unknown): boolean {
  return error instanceof ConnectError && error.cause instanceof NotSentError
}

/** Whole milliseconds, as the `grpc-timeout` field wants them. */
function checkedTimeout(timeoutMs: number | undefined): number | undefined {
  if (timeoutMs === undefined || timeoutMs <= 0) return undefined
  return Math.min(Math.ceil(timeoutMs), timeoutMsMax)
}
