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
import { retryAfterOf } from '../errors/retry-info.ts'
import { withReason } from '../errors/rpc-reasons.ts'
import { quoted } from '../errors/text.ts'
import type { MessageLimits } from '../protobuf/message-limits.ts'
import { checkQuery } from '../protobuf/utf8.ts'
import { readAll } from '../request/body-reader.ts'
import type { RpcCall } from '../rpc-call.ts'

/**
 * Responds to a call of Connect's unary protocol.
 * @param query Query of a GET, which has the message. `undefined` when the body has it.
 */
export async function respondConnectUnary(
  rpcCall: RpcCall,
  query: URLSearchParams | undefined,
): Promise<Response> {
  const { context, incoming, rpc } = rpcCall
  let body: Uint8Array
  let status = 200
  try {
    rpcCall.begin()
    const compression = rpcCall.requestCompression(query && (query.get('compression') ?? ''))
    const output = rpcCall.output(rpcCall.responseCompression(compression))
    const bytes = query === undefined ? readBody(rpcCall) : readQuery(query, incoming.target)
    const message = parse(rpcCall, compression, bytes instanceof Promise ? await bytes : bytes)
    const request = message instanceof Promise ? await message : message
    rpcCall.validate(request)
    const result = rpcCall.invoke(request)
    const packing = output.encode(result instanceof Promise ? await result : result)
    const encoded = packing instanceof Promise ? await packing : packing
    body = encoded.bytes
    if (encoded.isCompressed) context.responseHeader.set('content-encoding', output.encoding)
  } catch (thrown) {
    const error = rpcCall.fail(thrown)
    status = codeToHttpStatus(error.code)
    context.responseHeader.set('content-type', contentTypeUnaryJson)
    // Metadata of an error from another service does not belong to this call.
    if (!error.isWireError) mergeNonProtocolHeaders(context.responseHeader, error.metadata)
    const retryAfter = retryAfterOf(error)
    if (retryAfter !== undefined) context.responseHeader.set('retry-after', retryAfter)
    body = errorToJsonBytes(error, rpc.options.jsonOptions)
  }
  rpcCall.refuseRest()
  const { headerList, trailerList } = context
  for (let index = 0; index < trailerList.length; index += 2) {
    headerList.push(`trailer-${trailerList[index]}`, trailerList[index + 1] ?? '')
  }
  // A cache keeps responses to GET, one for each encoding (RFC 9110 §12.5.5).
  if (query !== undefined) headerList.push('vary', 'accept-encoding')
  headerList.push('content-length', String(body.length))
  return incoming.respond(body, status, headerList)
}

function limitsOf({ rpc, wire }: RpcCall): MessageLimits {
  return rpc.inputLimits[wire.format]
}

function readBody(rpcCall: RpcCall): Uint8Array | Promise<Uint8Array> {
  return readAll(rpcCall.reader(), limitsOf(rpcCall).bytesMax)
}

/** Base64 in either alphabet, with or without padding. */
const base64 = /^(?:[\w+/-]{4})*(?:[\w+/-]{2}(?:==)?|[\w+/-]{3}=?)?$/

/** https://connectrpc.com/docs/protocol#unary-get-request */
function readQuery(query: URLSearchParams, target: string): Uint8Array {
  checkQuery(target)
  const version = query.get('connect') ?? 'v1'
  if (version !== 'v1') {
    const text = `the parameter connect is ${quoted(version)}: send v1`
    throw badParameter('connect', text)
  }
  const message = query.get('message') ?? ''
  if (query.get('base64') !== '1') return new TextEncoder().encode(message)
  if (base64.test(message)) return base64Decode(message)
  throw badParameter('message', 'the parameter message is not base64: encode it, or omit base64=1')
}

function badParameter(parameter: string, text: string): ConnectError {
  const error = new ConnectError(text, Code.InvalidArgument)
  return withReason(error, 'PARAMETER_INVALID', { parameter })
}

function parse(
  rpcCall: RpcCall,
  compression: Compression | undefined,
  bytes: Uint8Array,
): Message | Promise<Message> {
  const codec = rpcCall.rpc.inputs[rpcCall.wire.format]
  if (compression === undefined) return codec.parse(bytes)
  return decompression
    .decompress(compression, bytes, limitsOf(rpcCall).bytesMax, rpcCall.lifetime)
    .then((decompressed) => codec.parse(decompressed))
}
