import type { Message } from '@bufbuild/protobuf'
import type { LazyBody } from '@marquee/http/lazy-response'
import { Input, onlyMessage } from '../request/input.ts'
import { MessageStream } from '../request/message-stream.ts'
import { isPromise, type RpcCall } from '../rpc-call.ts'
import { encodeBody } from '../wire/base64.ts'
import { joined } from '../wire/envelope.ts'
import type { Output } from './output.ts'
import { type Failure, ResponseStream } from './stream.ts'

/** Responds to a call whose messages are in envelopes. */
export function respondEnveloped(rpcCall: RpcCall): Promise<Response> {
  return rpcCall.rpc.streamsResponses ? respondStream(rpcCall) : respondSingle(rpcCall)
}

/** Sends one message, or none: the response is sent as a whole. */
async function respondSingle(rpcCall: RpcCall): Promise<Response> {
  let body: Uint8Array[] = []
  let failure: Failure | undefined
  try {
    const { input, output } = open(rpcCall)
    const request = readInput(rpcCall, input)
    const message = request instanceof Promise ? await request : request
    const result = rpcCall.invoke(message)
    const envelope = output.envelope(result instanceof Promise ? await result : result)
    body = envelope instanceof Promise ? await envelope : envelope
  } catch (thrown) {
    failure = { thrown }
  }
  const last = end(rpcCall, failure)
  if (last !== undefined) body.push(last)
  return respond(rpcCall, joined(body))
}

/** Sends as many messages as the handler has. */
async function respondStream(rpcCall: RpcCall): Promise<Response> {
  const release = rpcCall.call.hold()
  let stream: ResponseStream | undefined
  try {
    const { input, output } = open(rpcCall)
    stream = new ResponseStream({
      output,
      lifetime: rpcCall.lifetime,
      end: (failure) => end(rpcCall, failure),
      onOver: release,
      heartbeatMs: rpcCall.rpc.repeatsState ? rpcCall.rpc.options.limits.heartbeatMs : undefined,
    })
    const request = readInput(rpcCall, input)
    const message = request instanceof Promise ? await request : request
    const result = rpcCall.rpc.invoke(message, rpcCall.context)
    stream.send((isPromise(result) ? await result : result) as AsyncIterable<Message>)
  } catch (thrown) {
    if (stream === undefined) {
      release()
      return respond(rpcCall, end(rpcCall, { thrown }) ?? null)
    }
    stream.fail(thrown)
  }
  await stream.begun
  return respond(rpcCall, stream.whole() ?? stream)
}

function open(rpcCall: RpcCall): { input: Input; output: Output } {
  rpcCall.begin()
  const compression = rpcCall.requestCompression()
  const responseCompression = rpcCall.responseCompression(compression)
  if (responseCompression !== undefined) {
    rpcCall.context.headerList.push(rpcCall.wire.encodingHeader, responseCompression.name)
  }
  return { input: new Input(rpcCall, compression), output: rpcCall.output(responseCompression) }
}

type Request = Message | AsyncIterable<Message>

function readInput(rpcCall: RpcCall, input: Input): Request | Promise<Request> {
  if (rpcCall.rpc.streamsRequests) return new MessageStream(input, rpcCall.lifetime)
  const message = onlyMessage(input)
  if (message instanceof Promise) {
    return message.then((later) => {
      rpcCall.validate(later)
      return later
    })
  }
  rpcCall.validate(message)
  return message
}

/** Ends the response. Returns the bytes of its last envelope, if there is one. */
function end(rpcCall: RpcCall, failure: Failure | undefined): Uint8Array | undefined {
  const error = failure === undefined ? undefined : rpcCall.fail(failure.thrown)
  rpcCall.refuseRest()
  return rpcCall.wire.end(rpcCall.context, error)
}

function respond(rpcCall: RpcCall, body: LazyBody): Response {
  const { incoming, context, wire } = rpcCall
  if (wire.protocol === 'grpc') incoming.setTrailers?.(context.trailerList)
  // Otherwise nginx buffers a stream, unless it is gRPC.
  else if (rpcCall.rpc.streamsResponses) context.headerList.push('x-accel-buffering', 'no')
  return incoming.respond(wire.hasTextResponse ? encodeBody(body) : body, 200, context.headerList)
}
