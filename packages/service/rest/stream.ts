import {
  create,
  type DescMessage,
  type DescMethodServerStreaming,
  type JsonObject,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf'
import { reflect } from '@bufbuild/protobuf/reflect'
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect'
import type { Call, Environment } from '@marquee/connect-hono/call'
import { type HttpError, toConnectError, toLoggedError } from '@marquee/connect-hono/errors/errors'
import type { RpcLimits } from '@marquee/connect-hono/limits'
import type { Incoming } from '@marquee/connect-hono/request/incoming'
import { incomingOf } from '@marquee/connect-hono/request/incoming-of'
import {
  type Failure,
  ResponseStream,
  type StreamOutput,
} from '@marquee/connect-hono/response/stream'
import { setStreamAge, streamAgeOf } from '@marquee/connect-hono/stream-age'
import type { StreamQuota } from '@marquee/connect-hono/stream-quota'
import type { Validate } from '@marquee/connect-hono/validation'
import { acceptedType } from '@marquee/http/accept'
import { assignHeader } from '@marquee/transcode/request/assign'
import { resumptionOf } from '@marquee/transcode/resumption'
import type { Context } from 'hono'
import { prepare } from './rest.ts'
import {
  createStreamFormat,
  type EventOf,
  type StreamFormat,
  streamTypes,
} from './stream-format.ts'

/** Shortest time after which a browser connects again, in milliseconds. It is up to twice as long. */
const retryMsMin = 1_000

/** Implementation of an RPC that streams its responses. */
type Implementation<I extends DescMessage, O extends DescMessage> = (
  request: MessageShape<I>,
  context: HandlerContext,
) => AsyncIterable<MessageInitShape<O>>

/** An RPC that streams its responses, as a REST route serves it. */
export interface StreamCall<I extends DescMessage, O extends DescMessage> {
  readonly method: DescMethodServerStreaming<I, O>
  readonly implementation: Implementation<I, O>
  readonly request: JsonObject
  readonly eventOf: EventOf<O>
  /** Names of parameters that may come more than once. Default: none. */
  readonly repeatable?: ReadonlySet<string>
}

/**
 * Calls an RPC that streams states for a REST route, and responds with Server-Sent Events or JSON
 * lines, as the client accepts. The stream has the limits of the RPC's streams. Rejects with a
 * `ConnectError` when it fails before its first message, also when the client accepts neither form.
 * A later error is the last event or line.
 */
export type RestStream = <I extends DescMessage, O extends DescMessage>(
  c: Context<Environment>,
  call: StreamCall<I, O>,
) => Promise<Response>

export interface RestStreamOptions {
  readonly validate: Validate
  readonly limits: RpcLimits
  readonly streams: StreamQuota
  /** Ends the streams when aborted. */
  readonly drain: AbortSignal | undefined
}

export function createRestStream(options: RestStreamOptions): RestStream {
  const { validate, limits } = options
  return async (c, { method, implementation, request: json, eventOf, repeatable }) => {
    const call = c.get('call')
    call.isStream = true
    const incoming = incomingOf(c)
    const resumption = resumptionOf(method)
    const lastId = resumption && incoming.header('last-event-id')
    if (resumption && lastId) {
      // `prepare` would name the field.
      assignHeader(reflect(method.input), resumption.field, ['Last-Event-ID', lastId])
    }
    const asked = resumption && lastId ? { ...json, [resumption.field.jsonName]: lastId } : json
    const { request, context } = prepare(c, method, asked, { validate, repeatable })
    const type = acceptedType(incoming.header('accept'), streamTypes)
    if (type === undefined) throw notAcceptable()
    // Otherwise nginx buffers the stream.
    const headers = ['content-type', type, 'cache-control', 'no-store', 'x-accel-buffering', 'no']
    headers.push('vary', 'accept')
    if (c.req.method === 'HEAD') return incoming.respond(null, 200, headers)
    open(call, incoming, options)
    const retryMs = Math.round(retryMsMin * (1 + Math.random()))
    const format = createStreamFormat(type, method.output, {
      eventOf,
      idOf: resumption?.idOf,
      retryMs,
    })
    const toMessage = (value: unknown) =>
      create(method.output, value as MessageInitShape<typeof method.output>)
    const { stream, earlyFailure } = createStream(call, format, toMessage, limits.heartbeatMs)
    try {
      stream.send(implementation(request, context))
    } catch (thrown) {
      stream.fail(thrown)
    }
    await stream.begun
    const whole = stream.whole()
    const failure = earlyFailure()
    if (failure !== undefined) throw tooManyRequests(failure.thrown)
    for (const [name, value] of context.responseHeader) headers.push(name, value)
    return incoming.respond(whole ?? stream, 200, headers)
  }
}

/** Opens the stream within its limits: those of the client, its age and the shutdown. */
function open(call: Call, incoming: Incoming, { limits, streams, drain }: RestStreamOptions): void {
  const { lifetime } = call
  incoming.abortWithClient(lifetime)
  if (drain) lifetime.follow(drain)
  try {
    streams.enter(incoming, lifetime)
  } catch (error) {
    throw tooManyRequests(error)
  }
  setStreamAge(lifetime, streamAgeOf(limits))
  lifetime.throwIfOver()
}

function createStream(
  call: Call,
  format: StreamFormat,
  toMessage: (value: unknown) => MessageShape<DescMessage>,
  heartbeatMs: number | undefined,
) {
  let hasBegun = false
  let failure: Failure | undefined
  const { heartbeat } = format
  const output: StreamOutput = {
    addTo(batch, value) {
      batch.addEncoded(format.message(toMessage(value)))
      hasBegun = true
      return undefined
    },
    ...(heartbeat && { addHeartbeat: (batch) => batch.addEncoded(heartbeat) }),
  }
  const stream = new ResponseStream({
    output,
    lifetime: call.lifetime,
    end(ended) {
      if (ended === undefined) return undefined
      if (!hasBegun) {
        failure = ended
        return undefined
      }
      const error = toConnectError(ended.thrown, call.requestId)
      call.code = error.code
      call.error = toLoggedError(error)
      return format.failure(error)
    },
    onOver: call.hold(),
    heartbeatMs,
  })
  return { stream, earlyFailure: () => failure }
}

function notAcceptable(): ConnectError {
  const text = `accept one of ${streamTypes.join(', ')}`
  const status: HttpError = { httpStatus: 406 }
  return Object.assign(new ConnectError(text, Code.InvalidArgument), status)
}

/** Returns the error with the status 429, when a limit on streams is the reason. */
function tooManyRequests(error: unknown): unknown {
  if (!(error instanceof ConnectError) || error.code !== Code.ResourceExhausted) return error
  const status: HttpError = { httpStatus: 429 }
  return Object.assign(error, status)
}
