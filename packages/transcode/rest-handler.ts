import { Code, ConnectError } from '@connectrpc/connect'
import { parseTimeout } from '@connectrpc/connect/protocol-grpc'
import type { Environment } from '@marquee/connect-hono/call'
import { withReason as withRpcReason } from '@marquee/connect-hono/errors/rpc-reasons'
import { quoted } from '@marquee/connect-hono/errors/text'
import { namesUser } from '@marquee/connect-hono/names-user'
import type { Codec } from '@marquee/connect-hono/protobuf/codec'
import { headersOf, incomingOf } from '@marquee/connect-hono/request/incoming-of'
import { unsupportedCondition } from '@marquee/connect-hono/request/preconditions'
import type { Rpc } from '@marquee/connect-hono/rpc'
import { RpcCall } from '@marquee/connect-hono/rpc-call'
import type { Wire } from '@marquee/connect-hono/wire/wire'
import { acceptedType } from '@marquee/http/accept'
import type { Context } from 'hono'
import type { Binding } from './binding.ts'
import type { Match } from './path/router.ts'
import { withReason } from './reasons.ts'
import { conditionsOf } from './request/condition.ts'
import type { PathFields } from './request/path-fields.ts'
import { createReadRequest } from './request/read.ts'
import { createFramedCodec, createResponseCodec, type Framing } from './response/codec.ts'
import { mediaTypes } from './response/media-types.ts'
import {
  type RestCall,
  respondError,
  respondStream,
  respondStreamHead,
  respondUnary,
} from './response/respond.ts'
import { resumptionOf } from './resumption.ts'

/** Handles a request that matches a route of the RPC. */
export type HandleRoute = (
  c: Context<Environment>,
  match: Match<unknown>,
) => Response | Promise<Response>

const timeoutMsMax = Number.MAX_SAFE_INTEGER

/** REST, as a wire of RPCs. Its deadline is in `grpc-timeout`, as with other gateways. */
const restWire: Wire = {
  protocol: 'rest',
  format: 'json',
  contentType: mediaTypes.json,
  hasEnvelopes: false,
  encodingHeader: 'content-encoding',
  acceptHeader: 'accept-encoding',
  timeoutMs(incoming) {
    const { timeoutMs, error } = parseTimeout(incoming.header('grpc-timeout') ?? null, timeoutMsMax)
    if (error !== undefined) throw badHeader(error)
    return timeoutMs
  },
  end: () => undefined,
}

function badHeader(error: ConnectError): ConnectError {
  return withRpcReason(error, 'HEADER_INVALID', { header: 'grpc-timeout' })
}

/** Creates the handler of a binding of an RPC. */
export function createRestHandler(rpc: Rpc, binding: Binding, pathFields: PathFields): HandleRoute {
  const readRequest = createReadRequest(rpc, binding, pathFields)
  const codec = createResponseCodec(rpc, binding.responseBody)
  const { evaluates } = conditionsOf(rpc.method.input)
  const respond = rpc.streamsResponses ? streamResponder(rpc, codec) : unaryResponder(codec)
  return (c, match) => {
    const incoming = incomingOf(c)
    const call = c.get('call')
    call.isPrivate = namesUser(rpc.method)
    const { type, begin } = respond(incoming.header('accept'))
    const isRead = incoming.method === 'GET' || incoming.method === 'HEAD'
    const wire = type === undefined ? restWire : { ...restWire, contentType: type }
    const rpcCall = new RpcCall(rpc, wire, incoming, call, isRead ? 'GET' : incoming.method)
    if (begin === undefined) return refuseType(rpcCall, rpc.streamsResponses)
    const condition = isRead ? undefined : unsupportedCondition(headersOf(c), evaluates)
    if (condition !== undefined) return respondError(rpcCall, rpcCall.fail(condition))
    return begin({ rpcCall, values: () => match.values(), readRequest })
  }
}

type Begin = (restCall: Omit<RestCall, 'codec'>) => Response | Promise<Response>

/** Returns the type of the response and its function, or neither when none is accepted. */
type Respond = (accept: string | undefined) => { type?: string; begin?: Begin }

function unaryResponder(codec: Codec): Respond {
  const offers = [mediaTypes.json, mediaTypes.problem]
  const begin: Begin = (restCall) => respondUnary({ ...restCall, codec })
  return (accept) =>
    acceptedType(accept, offers) === undefined ? {} : { type: mediaTypes.json, begin }
}

/** A client that accepts JSON gets lines of it. */
function streamResponder({ method }: Rpc, codec: Codec): Respond {
  const { lines: ndjson, otherLines, events: sse, json } = mediaTypes
  const offers = [ndjson, otherLines, sse, json]
  const byFraming = (framing: Framing): Begin => {
    const framed = createFramedCodec(codec, framing, resumptionOf(method)?.idOf)
    return (restCall) =>
      restCall.rpcCall.incoming.method === 'HEAD'
        ? respondStreamHead(restCall.rpcCall)
        : respondStream({ ...restCall, codec: framed }, framing)
  }
  const lines = byFraming('lines')
  const events = { type: sse, begin: byFraming('events') }
  return (accept) => {
    const type = acceptedType(accept, offers)
    if (type === undefined) return {}
    if (type === sse) return events
    return { type: type === json ? ndjson : type, begin: lines }
  }
}

function refuseType(rpcCall: RpcCall, isStream: boolean): Response {
  const accept = quoted(rpcCall.incoming.header('accept') ?? '')
  const types = isStream ? `${mediaTypes.lines} or ${mediaTypes.events}` : mediaTypes.json
  const text = `Accept is ${accept}, and the response is ${types}: accept that`
  const error = new ConnectError(text, Code.InvalidArgument)
  const refusal = withReason(error, 'RESPONSE_TYPE_UNSUPPORTED', { supported: types })
  return respondError(rpcCall, rpcCall.fail(refusal), 406)
}
