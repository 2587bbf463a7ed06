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
import { quoted } from '../errors/text.ts'
import type { Format, JsonOptions } from '../protobuf/codec.ts'
import type { Incoming } from '../request/incoming.ts'
import { encodeEnvelope } from './envelope.ts'

/** How the calls of one content type are on the wire. */
export interface Wire {
  readonly protocol: 'grpc' | 'grpc-web' | 'connect'
  readonly format: Format
  /** Of the answer. */
  readonly contentType: string
  /** Whether messages are in envelopes. Without them there is one each way, and the call's outcome is the HTTP status. */
  readonly hasEnvelopes: boolean
  /** The fields that name the compression of messages, and those that the other side takes. */
  readonly encodingField: string
  readonly acceptField: string
  /** How long the client waits, in milliseconds. Throws `INVALID_ARGUMENT` for what cannot be read. */
  timeoutMs(incoming: Pick<Incoming, 'header'>): number | undefined
  /** Throws when the request is of a version of the protocol that is not known. */
  checkVersion?(incoming: Incoming): void
  /**
   * Ends an answer whose messages are in envelopes: adds to the trailers, and answers the bytes of the last envelope, if
   * there is to be one.
   */
  end(context: TrailerSide, error: ConnectError | undefined): Uint8Array | undefined
}

/** Where an answer's trailers are gathered. */
export type TrailerSide = Pick<RpcContext, 'responseTrailer' | 'trailerFields'>

/** No time is too long: a timer that would be is not set. */
const timeoutMsMax = Number.MAX_SAFE_INTEGER

/** The wires by their content types in lower case, without parameters. */
export type Wires = ReadonlyMap<string, Wire>

export function createWires(jsonOptions: JsonOptions): Wires {
  const wires = new Map<string, Wire>()
  for (const format of ['proto', 'json'] as const) {
    const unary = connectWire(format, jsonOptions)
    for (const wire of [grpcWire(format), grpcWebWire(format), connectStreamWire(unary)]) {
      wires.set(wire.contentType, wire)
    }
    wires.set(unary.contentType, unary)
  }
  for (const type of ['application/grpc', 'application/grpc-web']) {
    const wire = wires.get(`${type}+proto`)
    if (wire !== undefined) wires.set(type, wire)
  }
  return wires
}

/** As people write UTF-8. */
const utf8 = /^utf-?8$/i

/**
 * The wire of a request, or undefined when its content type is none of those. Parameters change nothing
 * (RFC 8259 §11), but JSON that says it is in another charset than UTF-8 is not.
 */
export function wireOf(wires: Wires, contentType: string): Wire | undefined {
  const wire = wires.get(contentType)
  if (wire !== undefined) return wire
  const { type = '', parameters } = parseMediaType(contentType) ?? {}
  const charset = parameters?.get('charset')
  return charset === undefined || utf8.test(charset) ? wires.get(type) : undefined
}

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
function grpcWire(format: Format): Wire {
  return {
    protocol: 'grpc',
    format,
    contentType: `application/grpc+${format}`,
    hasEnvelopes: true,
    encodingField: 'grpc-encoding',
    acceptField: 'grpc-accept-encoding',
    timeoutMs: grpcTimeoutMs,
    end(context, error) {
      endWithStatus(context, error)
      return undefined
    },
  }
}

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md, without the base64 form: its trailers are a last envelope. */
function grpcWebWire(format: Format): Wire {
  return {
    ...grpcWire(format),
    protocol: 'grpc-web',
    contentType: `application/grpc-web+${format}`,
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
  if (error !== undefined) throw error
  return timeoutMs
}

function endWithStatus(context: TrailerSide, error: ConnectError | undefined): void {
  if (error === undefined) {
    context.trailerFields.push('grpc-status', '0')
    return
  }
  setErrorStatus(context.responseTrailer, error)
}

/** https://connectrpc.com/docs/protocol#unary-rpcs */
function connectWire(format: Format, jsonOptions: JsonOptions): Wire {
  return {
    protocol: 'connect',
    format,
    contentType: `application/${format}`,
    hasEnvelopes: false,
    encodingField: 'content-encoding',
    acceptField: 'accept-encoding',
    timeoutMs: connectTimeoutMs,
    checkVersion: checkConnectVersion,
    end(context, error) {
      const end = endStreamToJson(context.responseTrailer, error, jsonOptions)
      return encodeEnvelope(endStreamFlag, new TextEncoder().encode(JSON.stringify(end)))
    },
  }
}

/** https://connectrpc.com/docs/protocol#streaming-rpcs: its outcome and trailers are a last envelope. */
function connectStreamWire(unary: Wire): Wire {
  return {
    ...unary,
    contentType: `application/connect+${unary.format}`,
    hasEnvelopes: true,
    encodingField: 'connect-content-encoding',
    acceptField: 'connect-accept-encoding',
  }
}

function connectTimeoutMs(incoming: Pick<Incoming, 'header'>): number | undefined {
  const value = incoming.header('connect-timeout-ms')
  if (value === undefined) return undefined
  const { timeoutMs, error } = parseConnectTimeout(value, timeoutMsMax)
  if (error !== undefined) throw error
  return timeoutMs
}

function checkConnectVersion(incoming: Incoming): void {
  const version = incoming.header('connect-protocol-version') ?? protocolVersion
  if (version === protocolVersion) return
  const text = `connect-protocol-version is ${quoted(version)}: only ${protocolVersion} is known`
  throw new ConnectError(text, Code.InvalidArgument)
}
