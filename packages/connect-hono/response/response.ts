import type { Message } from '@bufbuild/protobuf'
import type { LightBody } from '@marquee/http/lazy-response'
import { Input, onlyMessage } from '../request/input.ts'
import { MessageStream } from '../request/message-stream.ts'
import { isPromise, type Work } from '../rpc-call.ts'
import { joined } from '../wire/envelope.ts'
import type { Output } from './output.ts'
import { AnswerStream, type Failure } from './stream.ts'

/** Answers a call whose messages are in envelopes. */
export function answerEnveloped(work: Work): Promise<Response> {
  return work.rpc.answersStream ? answerStream(work) : answerSingle(work)
}

/** One message, or none: the answer is sent as a whole. */
async function answerSingle(work: Work): Promise<Response> {
  let body: Uint8Array[] = []
  let failure: Failure | undefined
  try {
    const { input, output } = open(work)
    const request = readInput(work, input)
    const message = request instanceof Promise ? await request : request
    const answer = work.invoke(message)
    const envelope = output.envelope(answer instanceof Promise ? await answer : answer)
    body = envelope instanceof Promise ? await envelope : envelope
  } catch (thrown) {
    failure = { thrown }
  }
  const last = end(work, failure)
  if (last !== undefined) body.push(last)
  return respond(work, joined(body))
}

/** As many messages as the handler has. */
async function answerStream(work: Work): Promise<Response> {
  const release = work.call.hold()
  let stream: AnswerStream | undefined
  try {
    const { input, output } = open(work)
    stream = new AnswerStream({
      output,
      lifetime: work.lifetime,
      end: (failure) => end(work, failure),
      onOver: release,
      heartbeatMs: work.rpc.repeatsState ? work.rpc.options.limits.heartbeatMs : undefined,
    })
    const request = readInput(work, input)
    const message = request instanceof Promise ? await request : request
    const answer = work.rpc.invoke(message, work.context)
    stream.send((isPromise(answer) ? await answer : answer) as AsyncIterable<Message>)
  } catch (thrown) {
    if (stream === undefined) {
      release()
      return respond(work, end(work, { thrown }) ?? null)
    }
    stream.fail(thrown)
  }
  await stream.begun
  return respond(work, stream.whole() ?? stream)
}

function open(work: Work): { input: Input; output: Output } {
  work.begin()
  const compression = work.requestCompression()
  const answerCompression = work.answerCompression(compression)
  if (answerCompression !== undefined) {
    work.context.headerFields.push(work.wire.encodingField, answerCompression.name)
  }
  const { inputs, inputLimits } = work.rpc
  const input = new Input({
    reader: work.reader(),
    codec: inputs[work.wire.format],
    compression,
    messageBytesMax: inputLimits[work.wire.format].bytesMax,
    lifetime: work.lifetime,
  })
  return { input, output: work.output(answerCompression) }
}

type Request = Message | AsyncIterable<Message>

function readInput(work: Work, input: Input): Request | Promise<Request> {
  if (work.rpc.takesStream) return new MessageStream(input, work.lifetime)
  const message = onlyMessage(input)
  if (message instanceof Promise) {
    return message.then((later) => {
      work.validate(later)
      return later
    })
  }
  work.validate(message)
  return message
}

/** Ends the answer, and tells the bytes of its last envelope, if there is one. */
function end(work: Work, failure: Failure | undefined): Uint8Array | undefined {
  const error = failure === undefined ? undefined : work.fail(failure.thrown)
  work.refuseRest()
  return work.wire.end(work.context, error)
}

function respond(work: Work, body: LightBody): Response {
  const { incoming, context, wire } = work
  if (wire.protocol === 'grpc') incoming.leaveTrailers?.(context.trailerFields)
  // nginx would gather a stream before it passes it on; gRPC it passes on as it comes.
  else if (work.rpc.answersStream) context.headerFields.push('x-accel-buffering', 'no')
  return incoming.respond(body, 200, context.headerFields)
}
