import { create, toBinary } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { AnySchema, anyPack } from '@bufbuild/protobuf/wkt'
import { type ConnectError, encodeBinaryHeader } from '@connectrpc/connect'
import { mergeNonProtocolHeaders } from '@connectrpc/connect/protocol'
import { encodeMessage } from '@marquee/http/percent-text'
import { errorLimits } from './text.ts'

/**
 * Adds the status of a failed call to its trailers: code, message and details (gRPC over HTTP/2,
 * "Responses"). Connect's own function percent-encodes more characters than the protocol does, and
 * clients show the escapes.
 */
export function setErrorStatus(trailers: Headers, error: ConnectError): void {
  // Metadata of an error from another service does not belong to this call.
  if (!error.isWireError) mergeNonProtocolHeaders(trailers, error.metadata)
  trailers.set('grpc-status', String(error.code))
  trailers.set('grpc-message', encodeMessage(error.rawMessage, errorLimits.textBytesMax))
  if (error.details.length === 0) return
  trailers.set('grpc-status-details-bin', encodeBinaryHeader(statusBytes(error)))
}

/** Returns a `google.rpc.Status` in binary form. */
function statusBytes({ code, rawMessage, details }: ConnectError): Uint8Array {
  const writer = new BinaryWriter()
  writer.tag(1, WireType.Varint).int32(code)
  writer.tag(2, WireType.LengthDelimited).string(rawMessage)
  for (const detail of details) {
    writer.tag(3, WireType.LengthDelimited).bytes(toBinary(AnySchema, anyOf(detail)))
  }
  return writer.finish()
}

function anyOf(detail: ConnectError['details'][number]) {
  if ('desc' in detail) return anyPack(detail.desc, create(detail.desc, detail.value))
  return create(AnySchema, {
    typeUrl: `type.googleapis.com/${detail.type}`,
    value: detail.value,
  })
}
