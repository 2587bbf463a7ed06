import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'
import { base64Encode } from '@bufbuild/protobuf/wire'
import type { Transport } from '@connectrpc/connect'
import { failure } from '../failure.ts'
import { isReadOnly } from '../idempotency.ts'
import { readAll } from './body.ts'
import { envelope, readEnvelopes } from './envelopes.ts'
import { throwError } from './error.ts'

/** A longer message does not go into a URL: servers bound the length of a request line. */
const getBytesMax = 4_000

const unaryType = 'application/proto'
const streamType = 'application/connect+proto'

interface FetchTransportOptions {
  readonly baseUrl: string
  readonly fetch?: typeof fetch | undefined
}

/**
 * Creates a transport that speaks Connect with binary messages. For a browser it does what that of
 * `@connectrpc/connect-web` does, in less than half of its size: there are no JSON messages and no
 * interceptors. Reads are GETs, which caches may keep.
 */
export function createFetchTransport(options: FetchTransportOptions): Transport {
  const baseUrl = options.baseUrl.replace(/\/$/, '')

  async function send(
    method: DescMethod,
    signal: AbortSignal | undefined,
    init: RequestInit,
    query = '',
  ): Promise<Response> {
    const url = `${baseUrl}/${method.parent.typeName}/${method.name}${query}`
    const { fetch = globalThis.fetch } = options
    try {
      return await fetch(url, { redirect: 'error', signal: signal ?? null, ...init })
    } catch (error) {
      throw failure('unavailable', `the service cannot be reached: ${error}`, error)
    }
  }

  return {
    async unary(method, signal, timeoutMs, header, input) {
      const message = encode(method.input, input)
      const isGet = isReadOnly(method) && message.length <= getBytesMax
      const headers = headersOf(header, timeoutMs, isGet ? undefined : unaryType)
      const response = isGet
        ? await send(method, signal, { headers }, queryOf(message))
        : await send(method, signal, { method: 'POST', body: message, headers })
      const bytes = await readAll(response)
      if (!isOf(response, unaryType)) throwError(response, unaryType, bytes)
      const { parent: service } = method
      const trailer = new Headers()
      const read = decode(method.output, bytes)
      return { stream: false, service, method, header: response.headers, trailer, message: read }
    },

    async stream(method, signal, timeoutMs, header, input) {
      const { value } = await input[Symbol.asyncIterator]().next()
      const body = envelope(encode(method.input, value))
      const headers = headersOf(header, timeoutMs, streamType)
      const response = await send(method, signal, { method: 'POST', body, headers })
      if (!isOf(response, streamType)) throwError(response, streamType, await readAll(response))
      const { parent: service } = method
      const trailer = new Headers()
      const message = decodeAll(method.output, readEnvelopes(response))
      return { stream: true, service, method, header: response.headers, trailer, message }
    },
  }
}

/** Returns the headers of a request. A GET has no type and says its version in the URL. */
function headersOf(
  given: HeadersInit | undefined,
  timeoutMs: number | undefined,
  contentType: string | undefined,
): Headers {
  const headers = new Headers(given)
  if (timeoutMs !== undefined) headers.set('connect-timeout-ms', String(timeoutMs))
  if (contentType === undefined) return headers
  headers.set('content-type', contentType)
  headers.set('connect-protocol-version', '1')
  return headers
}

/** https://connectrpc.com/docs/protocol#unary-get-request */
function queryOf(message: Uint8Array): string {
  return `?connect=v1&base64=1&encoding=proto&message=${base64Encode(message, 'url')}`
}

function isOf({ status, headers }: Response, contentType: string): boolean {
  return status === 200 && headers.get('content-type') === contentType
}

function encode<Desc extends DescMessage>(
  schema: Desc,
  input: MessageInitShape<Desc>,
): Uint8Array<ArrayBuffer> {
  try {
    return toBinary(schema, create(schema, input))
  } catch (error) {
    throw failure('invalid_argument', `the request cannot be encoded: ${error}`, error)
  }
}

function decode<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): MessageShape<Desc> {
  try {
    return fromBinary(schema, bytes)
  } catch (error) {
    throw failure('internal', `the response cannot be decoded: ${error}`, error)
  }
}

async function* decodeAll<Desc extends DescMessage>(
  schema: Desc,
  messages: AsyncIterable<Uint8Array>,
): AsyncGenerator<MessageShape<Desc>> {
  for await (const message of messages) yield decode(schema, message)
}
