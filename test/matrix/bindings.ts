import { Readable } from 'node:stream'
import type { DescMethod, JsonValue } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { type EnvelopedMessage, encodeEnvelope } from '@connectrpc/connect/protocol'
import { errorFromJson } from '@connectrpc/connect/protocol-connect'
import type { Binding } from './client.ts'
import { failureOf, readEnvelopes } from './curl-wire.ts'
import type { RawRequest, RawResponse } from './raw-http.ts'

/** Bindings of a unary RPC by POST. */
export const bindings: readonly Binding[] = [
  { protocol: 'grpc', http: '2' },
  { protocol: 'grpc-web', http: '1.1' },
  { protocol: 'grpc-web', http: '2' },
  { protocol: 'connect', http: '1.1' },
  { protocol: 'connect', http: '2' },
]

export const getBindings: readonly Binding[] = [
  { protocol: 'connect-get', http: '1.1' },
  { protocol: 'connect-get', http: '2' },
]

export const restBindings: readonly Binding[] = [
  { protocol: 'rest', http: '1.1' },
  { protocol: 'rest', http: '2' },
]

export interface Payload {
  readonly data: string | Uint8Array
  readonly form: 'json' | 'proto'
  /** Value of the content-encoding header, whether or not the body is compressed. */
  readonly encoding?: string
}

/** Returns the request of a unary RPC in its protocol, with any payload. */
export function toRequest({ protocol, http }: Binding, method: DescMethod, payload: Payload) {
  const { data, form, encoding } = payload
  const bytes = Buffer.from(data)
  const path = pathOf(method)
  if (protocol === 'connect-get') {
    const message = bytes.toString('base64url')
    const query = new URLSearchParams({ connect: 'v1', encoding: form, base64: '1', message })
    return { http, verb: 'GET', path: `${path}?${query}` } satisfies RawRequest
  }
  const connect = protocol === 'connect'
  const type = connect ? `application/${form}` : `application/${protocol}+${form}`
  const encodingHeader = connect ? 'content-encoding' : 'grpc-encoding'
  const fields: Record<string, string> = { 'content-type': type }
  if (encoding !== undefined) fields[encodingHeader] = encoding
  const body = connect ? bytes : encodeEnvelope(encoding === undefined ? 0 : 1, bytes)
  return { http, verb: 'POST', path, fields, body: [body] } satisfies RawRequest
}

export function pathOf(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`
}

/** Returns the failure of a response. Throws when it has none. */
export async function readFailure(
  { protocol }: Binding,
  response: RawResponse,
): Promise<ConnectError> {
  const { status, fields, body } = response
  const nothing = new ConnectError(`HTTP status ${status}, ${body}`, Code.Unknown)
  if (protocol !== 'grpc' && protocol !== 'grpc-web') {
    if (status === 200) throw nothing
    return errorFromJson(JSON.parse(body.toString()) as JsonValue, undefined, nothing)
  }
  let end: EnvelopedMessage | undefined
  for await (const envelope of readEnvelopes(Readable.from([body]))) end = envelope
  const failure = failureOf({ status, fields }, end)
  if (failure === undefined) throw nothing
  return failure
}
