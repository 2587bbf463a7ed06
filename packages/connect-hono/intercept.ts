import { create, type DescMethod, type Message } from '@bufbuild/protobuf'
import type {
  HandlerContext,
  Interceptor,
  StreamRequest,
  StreamResponse,
  UnaryRequest,
  UnaryResponse,
} from '@connectrpc/connect'
import type { RpcContext } from './context.ts'

/** Implementation of a method: one message or a stream in each direction. */
export type Handler = (input: Message | AsyncIterable<Message>, context: HandlerContext) => unknown
/** Handler wrapped in its interceptors. */
export type Invoke = (input: Message | AsyncIterable<Message>, context: RpcContext) => unknown

type Next = ReturnType<Interceptor>
type AnyRequest = UnaryRequest | StreamRequest
type AnyResponse = UnaryResponse | StreamResponse

/**
 * Wraps a handler in Connect's interceptors, the first outermost. Returns the handler itself when
 * there are none.
 */
export function intercept(
  method: DescMethod,
  handler: Handler,
  interceptors: readonly Interceptor[],
): Invoke {
  if (interceptors.length === 0) return handler
  return async (input, context) => {
    const core: Next = async (request) => {
      const output = handler(await handlerInput(request), handlerContext(context, request))
      return await toResponse(method, context, output)
    }
    const next = interceptors.reduceRight((inner, interceptor) => interceptor(inner), core)
    const response = await next(toRequest(method, context, input))
    copyHeaders(response.header, context.responseHeader)
    return await handlerOutput(response, context)
  }
}

/** Interceptors see streams in both directions when either direction is one. */
function toRequest(
  method: DescMethod,
  context: RpcContext,
  input: Message | AsyncIterable<Message>,
): AnyRequest {
  const stream = method.methodKind !== 'unary'
  const isMany = !stream || Symbol.asyncIterator in input
  return {
    stream,
    message: isMany ? input : one(input as Message),
    method,
    service: context.service,
    requestMethod: context.requestMethod,
    url: context.url,
    signal: context.signal,
    header: context.requestHeader,
    contextValues: context.values,
  } as AnyRequest
}

async function handlerInput(request: AnyRequest): Promise<Message | AsyncIterable<Message>> {
  if (!request.stream) return request.message
  return request.method.methodKind === 'server_streaming'
    ? await onlyOf(request.message)
    : request.message
}

/** Returns a context with the changes of the interceptors. */
function handlerContext(context: RpcContext, request: AnyRequest): HandlerContext {
  const { header, signal, contextValues, service } = request
  const isSame =
    header === context.requestHeader &&
    signal === context.signal &&
    contextValues === context.values
  if (isSame) return context
  const { method, requestMethod, protocolName, url, timeoutMs } = context
  const { responseHeader, responseTrailer } = context
  return {
    ...{ method, service, requestMethod, protocolName, url, timeoutMs },
    ...{ requestHeader: header, signal, values: contextValues, responseHeader, responseTrailer },
  }
}

async function toResponse(
  method: DescMethod,
  context: RpcContext,
  output: unknown,
): Promise<AnyResponse> {
  const { methodKind } = method
  const messages = methodKind === 'client_streaming' ? one(output) : output
  const message =
    methodKind === 'unary'
      ? create(method.output, (await output) as Message)
      : completed(method, messages as AsyncIterable<Message>)
  return {
    stream: methodKind !== 'unary',
    message,
    method,
    service: context.service,
    header: context.responseHeader,
    trailer: context.responseTrailer,
  } as AnyResponse
}

async function handlerOutput(response: AnyResponse, context: RpcContext): Promise<unknown> {
  const { trailer } = response
  if (!response.stream) {
    copyHeaders(trailer, context.responseTrailer)
    return response.message
  }
  const messages = withTrailer(response.message, trailer, context)
  return response.method.methodKind === 'client_streaming' ? await onlyOf(messages) : messages
}

async function* withTrailer(
  messages: AsyncIterable<Message>,
  trailer: Headers,
  context: RpcContext,
): AsyncGenerator<Message> {
  yield* messages
  copyHeaders(trailer, context.responseTrailer)
}

async function* completed(
  { output }: DescMethod,
  messages: AsyncIterable<Message>,
): AsyncGenerator<Message> {
  for await (const message of messages) yield create(output, message)
}

async function* one<T>(value: T | Promise<T>): AsyncGenerator<T> {
  yield await value
}

async function onlyOf(messages: AsyncIterable<Message>): Promise<Message> {
  let only: Message | undefined
  for await (const message of messages) only = message
  if (only === undefined)
    throw new Error('an interceptor removed the only message of a call: it has to pass it on')
  return only
}

function copyHeaders(from: Headers, to: Headers): void {
  if (from === to) return
  for (const name of [...to.keys()]) to.delete(name)
  for (const [name, value] of from) to.append(name, value)
}
