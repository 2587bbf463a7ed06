import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromJson,
  type JsonObject,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from '@bufbuild/protobuf'
import {
  Code,
  ConnectError,
  createContextValues,
  createHandlerContext,
  type HandlerContext,
} from '@connectrpc/connect'

import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { callKey, type Environment } from './call.ts'
import { toRestError } from './errors.ts'
import type { RpcLimits } from './limits.ts'
import type { Validate } from './validation.ts'

/** The implementation of a unary RPC, as a service registers it with its router. */
type Implementation<I extends DescMessage, O extends DescMessage> = (
  request: MessageShape<I>,
  context: HandlerContext,
) => Promise<MessageInitShape<O>> | MessageInitShape<O>

/**
 * Calls a unary RPC for a REST route, under the same rules: the request is given as its JSON form, validated, and run
 * within the deadline. Rejects with a `ConnectError`, which the app's error handler answers.
 */
export type RestCall = <I extends DescMessage, O extends DescMessage>(
  c: Context<Environment>,
  method: DescMethodUnary<I, O>,
  implementation: Implementation<I, O>,
  request: JsonObject,
) => Promise<MessageShape<O>>

export function createRestCall(validate: Validate, limits: RpcLimits): RestCall {
  return async (c, method, implementation, json) => {
    const request = parse(method.input, json)
    const violation = validate(method.input, request)
    if (violation !== undefined) throw violation
    const timeout = AbortSignal.timeout(limits.unaryTimeoutMs)
    const context = createHandlerContext({
      service: method.parent,
      method,
      protocolName: 'rest',
      requestMethod: c.req.method,
      url: c.req.url,
      requestSignal: AbortSignal.any([c.req.raw.signal, timeout]),
      requestHeader: c.req.raw.headers,
      contextValues: createContextValues().set(callKey, c.get('call')),
    })
    const answer = create(method.output, await implementation(request, context))
    for (const [name, value] of context.responseHeader) c.header(name, value)
    return answer
  }
}

/** A message as a REST answer; fields without a value are left out. */
export function toRestJson<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
): JsonObject {
  return toJson(schema, message) as JsonObject
}

/** The request's body as a JSON object; anything else is `INVALID_ARGUMENT`. */
export async function readJsonObject(c: Context<Environment>): Promise<JsonObject> {
  const body: JsonValue = await c.req.json().catch((cause) => {
    throw new ConnectError(
      `the body is not JSON: ${(cause as Error).message}`,
      Code.InvalidArgument,
    )
  })
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body
  throw new ConnectError('the body is not a JSON object', Code.InvalidArgument)
}

/** Refuses a longer body with 413, and reads no further. */
export function limitBody(limits: RpcLimits) {
  return bodyLimit({
    maxSize: limits.messageBytesMax,
    onError(c: Context<Environment>) {
      c.env?.exchange?.refuseBody()
      const text = `the body is longer than ${limits.messageBytesMax} bytes`
      const error = new ConnectError(text, Code.ResourceExhausted)
      c.get('call').code = error.code
      return toRestError(error, 413)
    },
  })
}

/** Answers 405 for the methods that a route does not have. */
export function refuseMethod(allow: string) {
  return (c: Context<Environment>): Response => {
    const text = `${c.req.path} takes ${allow}, not ${c.req.method}`
    const error = new ConnectError(text, Code.Unimplemented)
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
