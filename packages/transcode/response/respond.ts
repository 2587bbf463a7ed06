import type { ConnectError } from '@connectrpc/connect'
import { mergeNonProtocolHeaders } from '@connectrpc/connect/protocol'
import type { Codec } from '@marquee/connect-hono/protobuf/codec'
import { Output } from '@marquee/connect-hono/response/output'
import { type Failure, ResponseStream } from '@marquee/connect-hono/response/stream'
import { isPromise, type RpcCall } from '@marquee/connect-hono/rpc-call'
import type { ReadRequest } from '../request/read.ts'
import type { Framing } from './codec.ts'
import { errorBody } from './errors.ts'
import { FramedOutput } from './framed-output.ts'

/** A call of a route, with the values of its path's variables. */
export interface RestCall {
  readonly rpcCall: RpcCall
  readonly values: () => readonly string[]
  readonly readRequest: ReadRequest
  readonly codec: Codec
}

/** Responds to a call with one response message. */
export async function respondUnary(restCall: RestCall): Promise<Response> {
  const { rpcCall, codec } = restCall
  const { context, rpc, incoming } = rpcCall
  let body: Uint8Array
  try {
    rpcCall.begin()
    const compression = rpcCall.responseCompression(undefined)
    const output = new Output(rpc.method.output, codec, compression)
    const message = await readRequest(restCall)
    const encoded = await output.encode(await rpcCall.invoke(message))
    body = encoded.bytes
    if (encoded.isCompressed) {
      context.headerList.push('content-encoding', output.encoding)
      markEtag(context.responseHeader, output.encoding)
    }
  } catch (thrown) {
    return respondError(rpcCall, rpcCall.fail(thrown))
  }
  rpcCall.refuseRest()
  finishHeaders(rpcCall)
  context.headerList.push('content-length', String(body.length))
  return incoming.respond(body, 200, context.headerList)
}

/**
 * Responds to a call with a stream of messages. An error before the first message has a status of
 * its own; a later one is the last line or event.
 */
export async function respondStream(restCall: RestCall, framing: Framing): Promise<Response> {
  const { rpcCall, codec } = restCall
  const { context, rpc, incoming, lifetime, call } = rpcCall
  const output = new FramedOutput(rpc.method.output, codec, framing)
  let error: ConnectError | undefined
  const end = (failure: Failure | undefined) => {
    rpcCall.refuseRest()
    if (failure === undefined) return undefined
    error = rpcCall.fail(failure.thrown)
    return output.isEmpty ? undefined : output.failure(error, rpc.options.jsonOptions)
  }
  const release = call.hold()
  let stream: ResponseStream | undefined
  try {
    rpcCall.begin()
    const heartbeatMs = rpc.repeatsState ? rpc.options.limits.heartbeatMs : undefined
    stream = new ResponseStream({ output, lifetime, end, onOver: release, heartbeatMs })
    const result = rpc.invoke(await readRequest(restCall), context)
    stream.send((isPromise(result) ? await result : result) as AsyncIterable<unknown>)
  } catch (thrown) {
    if (stream === undefined) {
      release()
      return respondError(rpcCall, rpcCall.fail(thrown))
    }
    stream.fail(thrown)
  }
  await stream.begun
  const whole = stream.whole()
  if (error !== undefined && output.isEmpty) return respondError(rpcCall, error)
  finishHeaders(rpcCall)
  // Otherwise nginx buffers the stream.
  context.headerList.push('x-accel-buffering', 'no')
  return incoming.respond(whole ?? stream, 200, context.headerList)
}

/** Responds with the headers of a stream, without opening it. */
export function respondStreamHead(rpcCall: RpcCall): Response {
  finishHeaders(rpcCall)
  return rpcCall.incoming.respond(null, 200, rpcCall.context.headerList)
}

/** Responds with an error that `RpcCall.fail` has returned. */
export function respondError(rpcCall: RpcCall, error: ConnectError, status?: number): Response {
  const { context, incoming, rpc } = rpcCall
  const { jsonOptions } = rpc.options
  const response = errorBody(error, incoming.header('accept'), jsonOptions, status)
  rpcCall.refuseRest()
  // Metadata of an error from another service does not belong to this call.
  if (!error.isWireError) mergeNonProtocolHeaders(context.responseHeader, error.metadata)
  const { headers } = response
  for (let index = 0; index < headers.length; index += 2) {
    context.responseHeader.set(headers[index] as string, headers[index + 1] as string)
  }
  finishHeaders(rpcCall)
  context.headerList.push('content-length', String(response.body.length))
  return incoming.respond(response.body, response.status, context.headerList)
}

/** Adds the encoding to a strong ETag, which identifies the bytes (RFC 9110 §8.8.3.3). */
function markEtag(headers: Headers, encoding: string): void {
  const etag = headers.get('etag')
  if (etag?.startsWith('"')) headers.set('etag', `${etag.slice(0, -1)}.${encoding}"`)
}

/** The messages of a stream are left to the handler, which validates them. */
async function readRequest({ rpcCall, readRequest, values }: RestCall) {
  const request = readRequest(rpcCall, values())
  if (!(request instanceof Promise)) return request
  const message = await request
  rpcCall.validate(message)
  return message
}

/** Adds the trailers, as Connect does, and on what the response depends (RFC 9110 §12.5.5). */
function finishHeaders({ context }: RpcCall): void {
  const { headerList, trailerList } = context
  for (let index = 0; index < trailerList.length; index += 2) {
    headerList.push(`trailer-${trailerList[index]}`, trailerList[index + 1] ?? '')
  }
  headerList.push('vary', 'accept, accept-encoding')
}
