import type { Message } from '@bufbuild/protobuf'
import { base64Decode } from '@bufbuild/protobuf/wire'
import { Code, ConnectError } from '@connectrpc/connect'
import { mergeNonProtocolHeaders } from '@connectrpc/connect/protocol'
import {
  codeToHttpStatus,
  contentTypeUnaryJson,
  errorToJsonBytes,
} from '@connectrpc/connect/protocol-connect'
import type { Compression } from '../compression/compression.ts'
import { decompression } from '../compression/decompression.ts'
import { quoted } from '../errors/text.ts'
import type { MessageLimits } from '../protobuf/message-limits.ts'
import { checkQuery } from '../protobuf/utf8.ts'
import { readAll } from '../request/body-reader.ts'
import type { Work } from '../rpc-call.ts'

/** Answers a call whose one message is the body of its request, or in its query, by Connect's unary protocol. */
export async function answerBare(
  work: Work,
  query: URLSearchParams | undefined,
): Promise<Response> {
  const { context, incoming, rpc } = work
  let body: Uint8Array
  let status = 200
  try {
    work.begin()
    const compression = work.requestCompression(query && (query.get('compression') ?? ''))
    const output = work.output(work.answerCompression(compression))
    const bytes = query === undefined ? readBody(work) : readQuery(query, incoming.target)
    const message = parse(work, compression, bytes instanceof Promise ? await bytes : bytes)
    const request = message instanceof Promise ? await message : message
    work.validate(request)
    const answer = work.invoke(request)
    const packing = output.pack(answer instanceof Promise ? await answer : answer)
    const packed = packing instanceof Promise ? await packing : packing
    body = packed.bytes
    if (packed.isCompressed) context.responseHeader.set('content-encoding', output.encoding)
  } catch (thrown) {
    const error = work.fail(thrown)
    status = codeToHttpStatus(error.code)
    context.responseHeader.set('content-type', contentTypeUnaryJson)
    // What came with another service's error is not this call's.
    if (!error.isWireError) mergeNonProtocolHeaders(context.responseHeader, error.metadata)
    body = errorToJsonBytes(error, rpc.options.jsonOptions)
  }
  work.refuseRest()
  const { headerFields, trailerFields } = context
  for (let index = 0; index < trailerFields.length; index += 2) {
    headerFields.push(`trailer-${trailerFields[index]}`, trailerFields[index + 1] ?? '')
  }
  // A cache keeps responses to GET, one for each encoding (RFC 9110 §12.5.5).
  if (query !== undefined) headerFields.push('vary', 'accept-encoding')
  headerFields.push('content-length', String(body.length))
  return incoming.respond(body, status, headerFields)
}

function limitsOf({ rpc, wire }: Work): MessageLimits {
  return rpc.inputLimits[wire.format]
}

function readBody(work: Work): Uint8Array | Promise<Uint8Array> {
  return readAll(work.reader(), limitsOf(work).bytesMax)
}

/** With or without padding; a group of one character holds no whole byte. */
const base64 = /^(?:[\w+/-]{4})*(?:[\w+/-]{2}(?:==)?|[\w+/-]{3}=?)?$/

/** https://connectrpc.com/docs/protocol#unary-get-request */
function readQuery(query: URLSearchParams, target: string): Uint8Array {
  checkQuery(target)
  const version = query.get('connect') ?? 'v1'
  if (version !== 'v1') {
    const text = `the parameter connect is ${quoted(version)}: only v1 is known`
    throw new ConnectError(text, Code.InvalidArgument)
  }
  const message = query.get('message') ?? ''
  if (query.get('base64') !== '1') return new TextEncoder().encode(message)
  if (base64.test(message)) return base64Decode(message)
  throw new ConnectError('the parameter message is not base64', Code.InvalidArgument)
}

function parse(
  work: Work,
  compression: Compression | undefined,
  bytes: Uint8Array,
): Message | Promise<Message> {
  const codec = work.rpc.inputs[work.wire.format]
  if (compression === undefined) return codec.parse(bytes)
  return decompression
    .decompress(compression, bytes, limitsOf(work).bytesMax, work.lifetime)
    .then((decompressed) => codec.parse(decompressed))
}
