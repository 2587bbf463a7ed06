import {
  type DescMessage,
  fromJsonString,
  type JsonObject,
  type JsonValue,
} from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import type { Environment } from '@marquee/connect-hono/call'
import {
  type Compression,
  createCompressions,
  standardCompressions,
} from '@marquee/connect-hono/compression'
import { decompression } from '@marquee/connect-hono/compression/decompression'
import type { HttpError } from '@marquee/connect-hono/errors/errors'
import { quoted } from '@marquee/connect-hono/errors/text'
import type { RpcLimits } from '@marquee/connect-hono/limits'
import { checkJson } from '@marquee/connect-hono/protobuf/json-values'
import { messageCheck } from '@marquee/connect-hono/protobuf/message-check'
import { messageLimitsOf } from '@marquee/connect-hono/protobuf/message-limits'
import { decodeUtf8 } from '@marquee/connect-hono/protobuf/utf8'
import { BodyReader, readAll } from '@marquee/connect-hono/request/body-reader'
import type { Incoming } from '@marquee/connect-hono/request/incoming'
import { incomingOf } from '@marquee/connect-hono/request/incoming-of'
import type { Context } from 'hono'
import { begin } from './rest.ts'

/** Reads the request's body as a JSON object. */
export type ReadJsonObject = (c: Context<Environment>) => Promise<JsonObject>

/**
 * Creates a reader for bodies that are messages of one type. A body that is no such JSON object is
 * `INVALID_ARGUMENT`. A body that is too large is `RESOURCE_EXHAUSTED`, and the rest is not read.
 * An unknown content encoding is HTTP 415.
 */
export function createReadJsonObject(desc: DescMessage, limits: RpcLimits): ReadJsonObject {
  const { json } = messageLimitsOf(desc, limits)
  const check = messageCheck(desc, 'json', json)
  return async (c) => {
    const incoming = incomingOf(c)
    const call = c.get('call')
    begin(c, incoming, limits)
    const coding = codingOf(incoming)
    const reader = new BodyReader({ body: incoming.body, incoming, call, limits })
    const received = await readOrRefuse(reader, incoming, json.bytesMax)
    const bytes =
      coding === undefined
        ? received
        : await decompression.decompress(coding, received, json.bytesMax, call.lifetime)
    check(bytes)
    const text = decodeUtf8(bytes, 'the body')
    const body = parseJson(text)
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw new ConnectError('the body is not a JSON object', Code.InvalidArgument)
    }
    checkJson(desc, body)
    requireNamesOnce(desc, text)
    return body
  }
}

const codings = createCompressions(standardCompressions)

/**
 * Returns the compression of the body (RFC 9110 §8.4), or `undefined` when it is not compressed.
 */
function codingOf(incoming: Incoming): Compression | undefined {
  const name = incoming.header('content-encoding')?.trim() ?? ''
  if (name === '' || name.toLowerCase() === 'identity') return undefined
  const coding = codings.find(name)
  if (coding !== undefined) return coding
  if (!incoming.body.ended) incoming.body.refuse()
  const text = `content encoding ${quoted(name)} is not one of ${codings.names}`
  const status: HttpError = { httpStatus: 415 }
  throw Object.assign(new ConnectError(text, Code.InvalidArgument), status)
}

async function readOrRefuse(
  reader: BodyReader,
  { body }: Incoming,
  bytesMax: number,
): Promise<Uint8Array> {
  try {
    return await readAll(reader, bytesMax)
  } catch (error) {
    body.refuse()
    throw error
  }
}

function parseJson(text: string): JsonValue {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const reason = `the body is not JSON: ${(cause as Error).message}`
    throw new ConnectError(reason, Code.InvalidArgument)
  }
}

/**
 * Throws when an object has the same name twice, which `JSON.parse` accepts: it keeps one value.
 */
function requireNamesOnce(desc: DescMessage, text: string): void {
  try {
    fromJsonString(desc, text, { ignoreUnknownFields: true })
  } catch (error) {
    throw new ConnectError((error as Error).message, Code.InvalidArgument)
  }
}
