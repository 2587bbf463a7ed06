import { type DescMethod, type Message, toBinary, toJsonString } from '@bufbuild/protobuf'
import { base64Encode } from '@bufbuild/protobuf/wire'
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import { encodeEnvelopes } from '@connectrpc/connect/protocol'
import type { Call, HttpHeader } from './call.ts'

/** The HTTP request of a call, for `fetch` and for the curl command. */
export interface HttpRequest {
  readonly url: string
  readonly verb: 'GET' | 'POST'
  readonly headers: readonly HttpHeader[]
  readonly body?: Uint8Array<ArrayBuffer>
  /** True when request and response have envelopes: five bytes before each message. */
  readonly enveloped: boolean
}

/** Returns true for a unary method without side effects (connectrpc.com/docs/protocol). */
export function canGet(method: DescMethod): boolean {
  const { NO_SIDE_EFFECTS } = MethodOptions_IdempotencyLevel
  return method.methodKind === 'unary' && method.idempotency === NO_SIDE_EFFECTS
}

export function httpRequestOf(call: Call): HttpRequest {
  const { protocol, useGet } = call.options
  if (protocol === 'grpc-web') return grpcWebRequest(call)
  if (call.method.methodKind !== 'unary') return connectStreamRequest(call)
  return useGet && canGet(call.method) ? connectGetRequest(call) : connectUnaryRequest(call)
}

function connectUnaryRequest(call: Call): HttpRequest {
  const { format, headers, timeoutMs } = call.options
  return {
    url: urlOf(call),
    verb: 'POST',
    headers: [
      ['content-type', format === 'json' ? 'application/json' : 'application/proto'],
      ...connectHeaders(timeoutMs),
      ...headers,
    ],
    body: firstMessage(call),
    enveloped: false,
  }
}

function connectGetRequest(call: Call): HttpRequest {
  const { format, headers, timeoutMs } = call.options
  const message = firstMessage(call)
  const query = new URLSearchParams({ connect: 'v1' })
  if (format === 'json') {
    query.set('encoding', 'json')
    query.set('message', new TextDecoder().decode(message))
  } else {
    query.set('encoding', 'proto')
    query.set('base64', '1')
    query.set('message', base64Encode(message, 'url'))
  }
  const timeout: HttpHeader[] =
    timeoutMs === undefined ? [] : [['connect-timeout-ms', `${timeoutMs}`]]
  return {
    url: `${urlOf(call)}?${query}`,
    verb: 'GET',
    headers: [...timeout, ...headers],
    enveloped: false,
  }
}

function connectStreamRequest(call: Call): HttpRequest {
  const { format, headers, timeoutMs } = call.options
  return {
    url: urlOf(call),
    verb: 'POST',
    headers: [
      ['content-type', `application/connect+${format === 'json' ? 'json' : 'proto'}`],
      ...connectHeaders(timeoutMs),
      ...headers,
    ],
    body: envelopes(call),
    enveloped: true,
  }
}

function grpcWebRequest(call: Call): HttpRequest {
  const { format, headers, timeoutMs } = call.options
  const timeout: HttpHeader[] = timeoutMs === undefined ? [] : [['grpc-timeout', `${timeoutMs}m`]]
  return {
    url: urlOf(call),
    verb: 'POST',
    headers: [
      ['content-type', `application/grpc-web+${format === 'json' ? 'json' : 'proto'}`],
      ['x-grpc-web', '1'],
      ...timeout,
      ...headers,
    ],
    body: envelopes(call),
    enveloped: true,
  }
}

function connectHeaders(timeoutMs: number | undefined): HttpHeader[] {
  const version: HttpHeader = ['connect-protocol-version', '1']
  return timeoutMs === undefined ? [version] : [version, ['connect-timeout-ms', `${timeoutMs}`]]
}

function urlOf({ baseUrl, method }: Call): string {
  return `${baseUrl}/${method.parent.typeName}/${method.name}`
}

function firstMessage(call: Call): Uint8Array<ArrayBuffer> {
  const [message] = call.messages
  if (message === undefined) throw new Error('a unary call needs a message')
  return encode(call, message)
}

function envelopes(call: Call): Uint8Array<ArrayBuffer> {
  const all = call.messages.map((message) => ({ flags: 0, data: encode(call, message) }))
  return new Uint8Array(encodeEnvelopes(...all))
}

function encode({ method, options, registry }: Call, message: Message): Uint8Array<ArrayBuffer> {
  return options.format === 'json'
    ? new TextEncoder().encode(toJsonString(method.input, message, { registry }))
    : new Uint8Array(toBinary(method.input, message))
}
