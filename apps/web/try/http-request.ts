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
  const { protocol, format, useGet, headers: own, timeoutMs } = call.options
  const { method } = call
  const isUnary = method.methodKind === 'unary'
  const isGrpc = protocol === 'grpc-web'
  const url = `${call.baseUrl}/${method.parent.typeName}/${method.name}`
  const timeout: HttpHeader[] =
    timeoutMs === undefined
      ? []
      : [isGrpc ? ['grpc-timeout', `${timeoutMs}m`] : ['connect-timeout-ms', `${timeoutMs}`]]
  if (!isGrpc && useGet && canGet(method)) {
    const headers = [...timeout, ...own]
    return { url: `${url}?${queryOf(call)}`, verb: 'GET', headers, enveloped: false }
  }
  const enveloped = isGrpc || !isUnary
  const prefix = isGrpc ? 'grpc-web+' : isUnary ? '' : 'connect+'
  const headers: HttpHeader[] = [
    ['content-type', `application/${prefix}${format === 'json' ? 'json' : 'proto'}`],
    isGrpc ? ['x-grpc-web', '1'] : ['connect-protocol-version', '1'],
    ...timeout,
    ...own,
  ]
  const body = enveloped ? envelopes(call) : firstMessage(call)
  return { url, verb: 'POST', headers, body, enveloped }
}

/** The query of a Connect GET (connectrpc.com/docs/protocol). */
function queryOf(call: Call): URLSearchParams {
  const message = firstMessage(call)
  const query: Record<string, string> =
    call.options.format === 'json'
      ? { encoding: 'json', message: new TextDecoder().decode(message) }
      : { encoding: 'proto', base64: '1', message: base64Encode(message, 'url') }
  return new URLSearchParams({ connect: 'v1', ...query })
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
