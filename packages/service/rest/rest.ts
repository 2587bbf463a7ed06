import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromJson,
  type JsonObject,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from '@bufbuild/protobuf'
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect'
import type { Environment } from '@marquee/connect-hono/call'
import { RpcContext } from '@marquee/connect-hono/context'
import { toRestError } from '@marquee/connect-hono/errors/errors'
import { bounded, quoted } from '@marquee/connect-hono/errors/text'
import type { RpcLimits } from '@marquee/connect-hono/limits'
import { namesUser } from '@marquee/connect-hono/names-user'
import { checkQuery } from '@marquee/connect-hono/protobuf/utf8'
import type { Incoming } from '@marquee/connect-hono/request/incoming'
import { headersOf, incomingOf } from '@marquee/connect-hono/request/incoming-of'
import { unsupportedCondition } from '@marquee/connect-hono/request/preconditions'
import type { Validate } from '@marquee/connect-hono/validation'
import type { Context } from 'hono'

/** The implementation of a unary RPC, as a service registers it with its router. */
type Implementation<I extends DescMessage, O extends DescMessage> = (
  request: MessageShape<I>,
  context: HandlerContext,
) => Promise<MessageInitShape<O>> | MessageInitShape<O>

/**
 * Calls a unary RPC for a REST route, under the same rules: the request is given as its JSON form,
 * validated, and run within the deadline. Rejects with a `ConnectError`, which the app's error
 * handler answers.
 */
export type RestCall = <I extends DescMessage, O extends DescMessage>(
  c: Context<Environment>,
  method: DescMethodUnary<I, O>,
  implementation: Implementation<I, O>,
  request: JsonObject,
) => Promise<MessageShape<O>>

export function createRestCall(validate: Validate, limits: RpcLimits): RestCall {
  return async (c, method, implementation, json) => {
    const call = c.get('call')
    call.isPrivate = namesUser(method)
    checkQuery(incomingOf(c).target)
    requireOnce(c.req.queries())
    const request = parse(method.input, json)
    const violation = validate(method.input, request)
    if (violation !== undefined) throw violation
    begin(c, incomingOf(c), limits)
    const { lifetime } = call
    lifetime.throwIfOver()
    const context = new RpcContext({
      method,
      protocolName: 'rest',
      requestMethod: c.req.method === 'HEAD' ? 'GET' : c.req.method,
      request: c.req.raw,
      lifetime,
      call,
      headerList: [],
    })
    const work = Promise.resolve(implementation(request, context))
    const answer = create(method.output, await lifetime.unlessOver(work))
    for (const [name, value] of context.responseHeader) c.header(name, value)
    return answer
  }
}

/** Of a parameter that comes twice, a proxy in front could have judged the other one. */
function requireOnce(parameters: Readonly<Record<string, readonly string[]>>): void {
  for (const [name, values] of Object.entries(parameters)) {
    if (values.length === 1) continue
    const text = `the parameter ${quoted(name)} comes ${values.length} times`
    throw new ConnectError(text, Code.InvalidArgument)
  }
}

/** A message as a REST answer; fields without a value are left out. */
export function toRestJson<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
): JsonObject {
  return toJson(schema, message) as JsonObject
}

/**
 * Begins a call whose conditions can be met: lets it be ended by its client, and by the time it may
 * take, of which the body has its part.
 */
export function begin(c: Context<Environment>, incoming: Incoming, limits: RpcLimits): void {
  const { lifetime } = c.get('call')
  if (lifetime.hasDeadline) return
  const isRead = incoming.method === 'GET' || incoming.method === 'HEAD'
  const condition = isRead ? undefined : unsupportedCondition(headersOf(c))
  if (condition !== undefined) throw condition
  incoming.abortWithClient(lifetime)
  lifetime.setDeadline(limits.unaryTimeoutMs, 'the call took longer than the service allows')
}

/**
 * Answers for the methods that a route does not have: OPTIONS with those that it has (RFC 9110
 * §9.3.7), any other with 405.
 * @param methods those that it has, OPTIONS left out: `GET, HEAD`.
 */
export function refuseMethod(methods: string) {
  const allow = `${methods}, OPTIONS`
  return (c: Context<Environment>): Response => {
    if (c.req.method === 'OPTIONS') return c.body(null, 204, { allow })
    const text = `${c.req.path} takes ${methods}, not ${c.req.method}`
    const error = bounded(new ConnectError(text, Code.Unimplemented))
    c.get('call').code = error.code
    const response = toRestError(error, 405)
    response.headers.set('allow', allow)
    return response
  }
}

function parse<Desc extends DescMessage>(schema: Desc, json: JsonObject): MessageShape<Desc> {
  try {
    return fromJson(schema, json, { ignoreUnknownFields: true })
  } catch (error) {
    throw new ConnectError((error as Error).message, Code.InvalidArgument)
  }
}
