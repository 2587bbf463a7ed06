import { type DescMessage, type MessageShape, toBinary, toJsonString } from '@bufbuild/protobuf'
import type { Transport } from '@connectrpc/connect'
import { createConnectTransport, createGrpcTransport } from '@connectrpc/connect-node'

/**
 * A protocol: how a message becomes bytes for a load, and a client that understands the response.
 */
export interface Wire {
  readonly httpVersion: '1.1' | '2'
  readonly headers: readonly string[]
  encode<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): Uint8Array
  connect(origin: string): Transport
}

/** Size of the flags and the length in front of a gRPC message. */
const envelopeBytes = 5

/** gRPC without compression (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). */
export const grpc: Wire = {
  httpVersion: '2',
  headers: ['content-type: application/grpc', 'te: trailers'],
  encode(schema, message) {
    const bytes = toBinary(schema, message)
    const envelope = new Uint8Array(envelopeBytes + bytes.length)
    new DataView(envelope.buffer).setUint32(1, bytes.length)
    envelope.set(bytes, envelopeBytes)
    return envelope
  },
  connect: (baseUrl) => createGrpcTransport({ baseUrl, acceptCompression: [] }),
}

/**
 * Returns the wire of a unary call of the Connect protocol as JSON
 * (https://connectrpc.com/docs/protocol).
 */
export function connectJson(httpVersion: '1.1' | '2'): Wire {
  return {
    httpVersion,
    headers: ['content-type: application/json'],
    encode: (schema, message) => new TextEncoder().encode(toJsonString(schema, message)),
    connect: (baseUrl) =>
      createConnectTransport({
        baseUrl,
        httpVersion,
        useBinaryFormat: false,
        acceptCompression: [],
      }),
  }
}
