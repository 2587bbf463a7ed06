import { Code, ConnectError } from '@connectrpc/connect'
import {
  endStreamFlag,
  endStreamToJson,
  parseTimeout as parseConnectTimeout,
  protocolVersion,
} from '@connectrpc/connect/protocol-connect'
import { parseTimeout as parseGrpcTimeout } from '@connectrpc/connect/protocol-grpc'
import { trailerFlag, trailerSerialize } from '@connectrpc/connect/protocol-grpc-web'
import { parseMediaType } from '@marquee/http/media-type'
import type { RpcContext } from '../context.ts'
import { setErrorStatus } from '../errors/grpc-status.ts'
import { withReason } from '../errors/rpc-reasons.ts'
import { quoted } from '../errors/text.ts'
import type { Format, JsonOptions } from '../protobuf/codec.ts'
import type { Incoming } from '../request/incoming.ts'
import { encodeEnvelope } from './envelope.ts'

/** Wire format of the calls with one content type. */
export interface Wire {
  readonly protocol: 'grpc' | 'grpc-web' | 'connect' | 'rest'
  readonly format: Format
  /** Content type of the response. */
  readonly contentType: string
  /**
   * True when messages are in envelopes. Otherwise there is one message in each direction, and the
   * HTTP status is the status of the call.
   */
  readonly hasEnvelopes: boolean
  /** True when the body of the request is base64. */
  readonly hasTextRequest?: boolean
  /** True when the body of the response is base64. */
  readonly hasTextResponse?: boolean
  /** The same requests, whose responses are base64 when those of this wire are not, or not. */
  readonly otherResponse?: Wire
  /** Header that names the compression of messages. */
  readonly encodingHeader: string
  /** Header that lists the accepted compressions. */
  readonly acceptHeader: string
  /**
   * Returns the timeout that the client set, in milliseconds. Throws `INVALID_ARGUMENT` when it is
   * malformed.
   */
  timeoutMs(incoming: Pick<Incoming, 'header'>): number | undefined
  /** Throws when the protocol version of the request is unknown. */
  checkVersion?(incoming: Incoming): void
  /**
   * Ends a response whose messages are in envelopes. Adds the status to the trailers, and returns
   * the last envelope if the protocol has one, before `encodePart`.
   */
  end(context: ResponseTrailers, error: ConnectError | undefined): Uint8Array | undefined
}

/**
 * Returns the timeout that the client set, in milliseconds, or `undefined` without one. Only the
 * handler refuses a malformed header.
 */
export function timeoutOf(
  wire: Wire | undefined,
  request: Pick<Incoming, 'header'>,
): number | undefined {
  try {
    return wire?.timeoutMs(request)
  } catch {
    return undefined
  }
}

/** Trailers of a response. */
export type ResponseTrailers = Pick<RpcContext, 'responseTrailer' | 'trailerList'>

/** Maximum timeout. A timer for a longer one is not set. */
const timeoutMsMax = Number.MAX_SAFE_INTEGER

/** Wires by content type, in lower case and without parameters. */
export type Wires = ReadonlyMap<string, Wire>

export function createWires(jsonOptions: JsonOptions): Wires {
  const wires = new Map<string, Wire>()
  for (const format of ['proto', 'json'] as const) {
    const unary = connectWire(format, jsonOptions)
    const web = grpcWebWires(format)
    for (const wire of [grpcWire(format), ...web, connectStreamWire(unary), unary]) {
      wires.set(wire.contentType, wire)
    }
  }
  for (const type of ['application/grpc', 'application/grpc-web', 'application/grpc-web-text']) {
    const wire = wires.get(`${type}+proto`)
    if (wire !== undefined) wires.set(type, wire)
  }
  return wires
}

/** Matches the spellings of UTF-8. */
const utf8 = /^utf-?8$/i

/**
 * Returns the wire of a content type, or `undefined` when it is unknown. Parameters are ignored
 * (RFC 8259 §11), other than a charset that is not UTF-8.
 * @param accept Value of the `accept` header, by which a request of gRPC-Web chooses whether its
 * response is base64. Default: as in the request.
 */
export function wireOf(wires: Wires, contentType: string, accept = ''): Wire | undefined {
  const wire = wireOfType(wires, contentType)
  if (wire?.otherResponse === undefined) return wire
  const [, suffix] = grpcWebType.exec(accept) ?? []
  if (suffix === undefined) return wire
  return (suffix !== '') === wire.hasTextResponse ? wire : wire.otherResponse
}

/** Matches the content type that a client of gRPC-Web accepts first. */
const grpcWebType = /\bapplication\/grpc-web(-text|)(?![\w-])/i

function wireOfType(wires: Wires, contentType: string): Wire | undefined {
  const wire = wires.get(contentType)
  if (wire !== undefined) return wire
  const { type = '', parameters } = parseMediaType(contentType) ?? {}
  const charset = parameters?.get('charset')
  return charset === undefined || utf8.test(charset) ? wires.get(type) : undefined
}

/** gRPC (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). */
function grpcWire(format: Format): Wire {
  return {
    protocol: 'grpc',
    format,
    contentType: `application/grpc+${format}`,
    hasEnvelopes: true,
    encodingHeader: 'grpc-encoding',
    acceptHeader: 'grpc-accept-encoding',
    timeoutMs: grpcTimeoutMs,
    end(context, error) {
      endWithStatus(context, error)
      return undefined
    },
  }
}

/** gRPC-Web, binary and in base64. */
function grpcWebWires(format: Format): readonly Wire[] {
  return [false, true].map((isText) => ({
    ...grpcWebWire(format, isText, isText),
    otherResponse: grpcWebWire(format, isText, !isText),
  }))
}

/**
 * gRPC-Web (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md). The last envelope has
 * the trailers.
 */
function grpcWebWire(format: Format, hasTextRequest: boolean, hasTextResponse: boolean): Wire {
  return {
    ...grpcWire(format),
    protocol: 'grpc-web',
    contentType: `application/grpc-web${hasTextResponse ? '-text' : ''}+${format}`,
    hasTextRequest,
    hasTextResponse,
    end(context, error) {
      endWithStatus(context, error)
      return encodeEnvelope(trailerFlag, trailerSerialize(context.responseTrailer))
    },
  }
}

function grpcTimeoutMs(incoming: Pick<Incoming, 'header'>): number | undefined {
  const value = incoming.header('grpc-timeout')
  if (value === undefined) return undefined
  const { timeoutMs, error } = parseGrpcTimeout(value, timeoutMsMax)
  if (error !== undefined) throw badHeader('grpc-timeout', error)
  return timeoutMs
}

function endWithStatus(context: ResponseTrailers, error: ConnectError | undefined): void {
  if (error === undefined) {
    context.trailerList.push('grpc-status', '0')
    return
  }
  setErrorStatus(context.responseTrailer, error)
}

/** Unary calls of Connect (https://connectrpc.com/docs/protocol#unary-rpcs). */
function connectWire(format: Format, jsonOptions: JsonOptions): Wire {
  return {
    protocol: 'connect',
    format,
    contentType: `application/${format}`,
    hasEnvelopes: false,
    encodingHeader: 'content-encoding',
    acceptHeader: 'accept-encoding',
    timeoutMs: connectTimeoutMs,
    checkVersion: checkConnectVersion,
    end(context, error) {
      const end = endStreamToJson(context.responseTrailer, error, jsonOptions)
      return encodeEnvelope(endStreamFlag, new TextEncoder().encode(JSON.stringify(end)))
    },
  }
}

/**
 * Streams of Connect (https://connectrpc.com/docs/protocol#streaming-rpcs). The last envelope has
 * the error and the trailers.
 */
function connectStreamWire(unary: Wire): Wire {
  return {
    ...unary,
    contentType: `application/connect+${unary.format}`,
    hasEnvelopes: true,
    encodingHeader: 'connect-content-encoding',
    acceptHeader: 'connect-accept-encoding',
  }
}

function connectTimeoutMs(incoming: Pick<Incoming, 'header'>): number | undefined {
  const value = incoming.header('connect-timeout-ms')
  if (value === undefined) return undefined
  const { timeoutMs, error } = parseConnectTimeout(value, timeoutMsMax)
  if (error !== undefined) throw badHeader('connect-timeout-ms', error)
  return timeoutMs
}

function checkConnectVersion(incoming: Incoming): void {
  const version = incoming.header('connect-protocol-version') ?? protocolVersion
  if (version === protocolVersion) return
  const text = `connect-protocol-version is ${quoted(version)}: send ${protocolVersion}`
  throw badHeader('connect-protocol-version', new ConnectError(text, Code.InvalidArgument))
}

function badHeader(header: string, error: ConnectError): ConnectError {
  return withReason(error, 'HEADER_INVALID', { header })
}
