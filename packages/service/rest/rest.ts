import {
  create,
  type DescMessage,
  type DescMethodServerStreaming,
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
import { checkJson } from '@marquee/connect-hono/protobuf/json-values'
import { checkQuery } from '@marquee/connect-hono/protobuf/utf8'
import type { Incoming } from '@marquee/connect-hono/request/incoming'
import { headersOf, incomingOf } from '@marquee/connect-hono/request/incoming-of'
import { unsupportedCondition } from '@marquee/connect-hono/request/preconditions'
import type { Validate } from '@marquee/connect-hono/validation'
import type { Context } from 'hono'

/** Implementation of a unary RPC. */
type Implementation<I extends DescMessage, O extends DescMessage> = (
  request: MessageShape<I>,
  context: HandlerContext,
) => Promise<MessageInitShape<O>> | MessageInitShape<O>

/**
 * Calls a unary RPC for a REST route: parses the request from JSON, validates it and runs the RPC
 * within the deadline. Rejects with a `ConnectError`, which the app's error handler turns into a
 * response.
 */
export type RestCall = <I extends DescMessage, O extends DescMessage>(
  c: Context<Environment>,
  method: DescMethodUnary<I, O>,
  implementation: Implementation<I, O>,
  request: JsonObject,
) => Promise<MessageShape<O>>

export function createRestCall(validate: Validate, limits: RpcLimits): RestCall {
  return async (c, method, implementation, json) => {
    const { request, context } = prepare(c, method, json, { validate })
    begin(c, incomingOf(c), limits)
    const { lifetime } = c.get('call')
    lifetime.throwIfOver()
    const result = Promise.resolve(implementation(request, context))
    const response = create(method.output, await lifetime.unlessOver(result))
    for (const [name, value] of context.responseHeader) setHeader(c, name, value)
    return response
  }
}

/** These routes have had weak ETags before, and only for reads. */
function setHeader(c: Context<Environment>, name: string, value: string): void {
  const isRead = c.req.method === 'GET' || c.req.method === 'HEAD'
  if (name !== 'etag') c.header(name, value)
  else if (isRead) c.header(name, value.startsWith('W/') ? value : `W/${value}`)
}

export interface PrepareOptions {
  readonly validate: Validate
  /** Names of parameters that may come more than once. Default: none. */
  readonly repeatable?: ReadonlySet<string> | undefined
}

/** Reads the request of an RPC that a REST route calls, and validates it. */
export function prepare<I extends DescMessage, O extends DescMessage>(
  c: Context<Environment>,
  method: DescMethodUnary<I, O> | DescMethodServerStreaming<I, O>,
  json: JsonObject,
  { validate, repeatable }: PrepareOptions,
): { request: MessageShape<I>; context: RpcContext } {
  const call = c.get('call')
  call.isPrivate = namesUser(method)
  checkQuery(incomingOf(c).target)
  requireOnce(c.req.queries(), repeatable)
  const request = parse(method.input, json)
  const violation = validate(method.input, request)
  if (violation !== undefined) throw violation
  const requestMethod = c.req.method === 'HEAD' ? 'GET' : c.req.method
  return { request, context: new RpcContext(method, 'rest', c.req.raw, call, [], requestMethod) }
}

/**
 * Refuses repeated parameters: a proxy in front may have checked another value than the service
 * reads.
 */
function requireOnce(
  parameters: Readonly<Record<string, readonly string[]>>,
  repeatable?: ReadonlySet<string>,
): void {
  for (const [name, values] of Object.entries(parameters)) {
    if (values.length === 1 || repeatable?.has(name)) continue
    const text = `the parameter ${quoted(name)} comes ${values.length} times: send it once`
    throw new ConnectError(text, Code.InvalidArgument)
  }
}

/** Converts a message to the JSON of a REST response. Fields without a value are left out. */
export function toRestJson<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
): JsonObject {
  return toJson(schema, message) as JsonObject
}

/**
 * Begins a call: checks its preconditions, ties it to its client and sets its deadline, body
 * included.
 */
export function begin(c: Context<Environment>, incoming: Incoming, limits: RpcLimits): void {
  const { lifetime } = c.get('call')
  if (lifetime.hasDeadline) return
  const isRead = incoming.method === 'GET' || incoming.method === 'HEAD'
  const condition = isRead ? undefined : unsupportedCondition(headersOf(c))
  if (condition !== undefined) throw condition
  incoming.abortWithClient(lifetime)
  lifetime.setDeadline(limits.unaryTimeoutMs)
}

/**
 * Responds to the methods that a route does not have: to OPTIONS with the methods that it has (RFC
 * 9110 §9.3.7), to others with 405.
 * @param methods Methods that the route has, without OPTIONS: `GET, HEAD`.
 */
export function refuseMethod(methods: string) {
  const allow = `${methods}, OPTIONS`
  return (c: Context<Environment>): Response => {
    if (c.req.method === 'OPTIONS') return c.body(null, 204, { allow })
    const text = `${c.req.path} takes ${methods}, not ${c.req.method}`
    const error = bounded(new ConnectError(text, Code.Unimplemented))
    c.get('call').code = error.code
    const response = toRestError(error, c.req.header('accept'), 405)
    response.headers.set('allow', allow)
    return response
  }
}

function parse<Desc extends DescMessage>(schema: Desc, json: JsonObject): MessageShape<Desc> {
  checkJson(schema, json)
  try {
    return fromJson(schema, json, { ignoreUnknownFields: true })
  } catch (error) {
    throw new ConnectError((error as Error).message, Code.InvalidArgument)
  }
}
