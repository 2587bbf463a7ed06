import { create, type DescField, type DescMessage, type Message } from '@bufbuild/protobuf'
import { reflect } from '@bufbuild/protobuf/reflect'
import { FieldMaskSchema } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError } from '@connectrpc/connect'
import type { Compression } from '@marquee/connect-hono/compression'
import { decompression } from '@marquee/connect-hono/compression/decompression'
import { withReason as withRpcReason } from '@marquee/connect-hono/errors/rpc-reasons'
import { quoted } from '@marquee/connect-hono/errors/text'
import { type Codec, createCodec } from '@marquee/connect-hono/protobuf/codec'
import { exactIntegersOf } from '@marquee/connect-hono/protobuf/exact-integers'
import { messageCheck } from '@marquee/connect-hono/protobuf/message-check'
import { type MessageLimits, messageLimitsOf } from '@marquee/connect-hono/protobuf/message-limits'
import { decodeUtf8 } from '@marquee/connect-hono/protobuf/utf8'
import { readAll } from '@marquee/connect-hono/request/body-reader'
import type { Incoming } from '@marquee/connect-hono/request/incoming'
import type { Rpc } from '@marquee/connect-hono/rpc'
import type { RpcCall } from '@marquee/connect-hono/rpc-call'
import { parseMediaType } from '@marquee/http/media-type'
import type { Binding } from '../binding.ts'
import { withReason } from '../reasons.ts'
import { withStatus } from '../with-status.ts'
import { maskFieldOf, namedPaths, pathFieldsOf } from './implied-mask.ts'

/** Reads the body of a request into a message. An empty body sets no field. */
export type ReadBody = (rpcCall: RpcCall) => Promise<Message>

/**
 * Creates the reader of a body that is a field of the request, or all of it. A body of another type
 * than JSON, or with an unknown content encoding, is HTTP 415. One that is too large is HTTP 413.
 */
export function createReadBody(rpc: Rpc, binding: Binding): ReadBody {
  const { input } = rpc.method
  const { body } = binding
  const { bytesMax, parse } = typeof body === 'object' ? fieldOf(rpc, body, binding) : wholeOf(rpc)
  return async (rpcCall) => {
    const { incoming } = rpcCall
    if (incoming.body.ended) return create(input)
    requireJson(incoming)
    const coding = codingOf(rpcCall)
    const received = await readAll(rpcCall.reader(), bytesMax)
    if (received.length === 0) return create(input)
    if (coding === undefined) return parse(received)
    return parse(await decompression.decompress(coding, received, bytesMax, rpcCall.lifetime))
  }
}

interface Parser {
  readonly bytesMax: number
  parse(bytes: Uint8Array): Message
}

function wholeOf({ inputs, inputLimits }: Rpc): Parser {
  return { bytesMax: inputLimits.json.bytesMax, parse: (bytes) => inputs.json.parse(bytes) }
}

function fieldOf(rpc: Rpc, field: DescField, binding: Binding): Parser {
  if (field.fieldKind !== 'message' || isTime(field.message)) return memberOf(rpc, field)
  const { input } = rpc.method
  const { limits, jsonOptions } = rpc.options
  const own: MessageLimits = messageLimitsOf(field.message, limits).json
  const check = messageCheck(field.message, 'json', own)
  const codec = createCodec(field.message, 'json', jsonOptions, check)
  const mask = maskFieldOf(binding)
  const inPath = pathFieldsOf(binding)
  return {
    bytesMax: own.bytesMax,
    parse(bytes) {
      const message = create(input)
      const root = reflect(input, message)
      root.set(field, reflect(field.message, codec.parse(bytes)))
      if (mask !== undefined) {
        const named = namedPaths(field.message, JSON.parse(new TextDecoder().decode(bytes)))
        const paths = named.filter((path) => !inPath.has(path))
        const implied = create(FieldMaskSchema, { paths })
        if (paths.length > 0) root.set(mask, reflect(FieldMaskSchema, implied))
      }
      return message
    },
  }
}

/** A wrong time is named by its field. */
function isTime({ typeName }: DescMessage): boolean {
  return typeName === 'google.protobuf.Timestamp'
}

/** Parses a list, a map, a scalar or a time as the only member of the request's JSON. */
function memberOf({ inputs, inputLimits }: Rpc, { jsonName, message }: DescField): Parser {
  const codec: Codec = inputs.json
  const { bytesMax } = inputLimits.json
  // The codec sees the whole message, which may have values of any kind beside this one.
  const exact = exactIntegersOf(message)
  return {
    bytesMax,
    parse(bytes) {
      const text = decodeUtf8(bytes, 'the body')
      requireOneValue(text)
      const json = `{${JSON.stringify(jsonName)}:${exact(text)}}`
      return codec.parse(new TextEncoder().encode(json))
    },
  }
}

function requireOneValue(text: string): void {
  try {
    JSON.parse(text)
  } catch (cause) {
    const reason = `the body is not JSON: ${(cause as Error).message}`
    throw withRpcReason(new ConnectError(reason, Code.InvalidArgument), 'MESSAGE_MALFORMED')
  }
}

/** Matches JSON, and formats that are JSON too (RFC 6839 §3.1). */
const jsonType = /^application\/(?:[\w.-]+\+)?json$/

function requireJson(incoming: Incoming): void {
  const given = incoming.header('content-type')
  if (given === undefined) return
  const { type = '', parameters } = parseMediaType(given) ?? {}
  const charset = parameters?.get('charset')
  if (jsonType.test(type) && (charset === undefined || /^utf-?8$/i.test(charset))) return
  const text = `content type ${quoted(given)} is not JSON: send application/json`
  const error = withStatus(new ConnectError(text, Code.InvalidArgument), 415)
  throw withReason(error, 'CONTENT_TYPE_UNSUPPORTED')
}

function codingOf({ incoming, rpc }: RpcCall): Compression | undefined {
  const name = incoming.header('content-encoding')?.trim() ?? ''
  if (name === '' || name.toLowerCase() === 'identity') return undefined
  const { compressions } = rpc.options
  const coding = compressions.find(name)
  if (coding !== undefined) return coding
  const supported = compressions.names
  const text = `content encoding ${quoted(name)} is not one of ${supported}`
  const error = withStatus(new ConnectError(text, Code.InvalidArgument), 415)
  throw withRpcReason(error, 'COMPRESSION_UNSUPPORTED', { compression: name, supported })
}
