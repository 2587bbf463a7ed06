/**
 * A client for the official conformance suite. Makes the calls that it reads from standard input,
 * many in parallel, with the project's own gRPC client, and writes their outcomes to standard
 * output. Ends with its input.
 */
import { createRegistry } from '@bufbuild/protobuf'
import { standardCompressions } from '@marquee/connect-hono/compression'
import { type Connection, createConnection } from '@marquee/grpc-transport/connection'
import {
  type ClientCompatRequest,
  ClientCompatRequestSchema,
  ClientCompatResponseSchema,
} from '../../gen/connectrpc/conformance/v1/client_compat_pb.ts'
import { Codec, Compression } from '../../gen/connectrpc/conformance/v1/config_pb.ts'
import { file_connectrpc_conformance_v1_service } from '../../gen/connectrpc/conformance/v1/service_pb.ts'
import type { GrpcOptions } from '../../packages/grpc-transport/options.ts'
import { makeCall } from './client-call.ts'
import { moreCompressions } from './compressions.ts'
import { readFrames, toFrame } from './frames.ts'

/** Maximum number of calls in flight. */
const callsMax = 64

const compressions = [...standardCompressions, ...moreCompressions]
const compressionNames: Readonly<Record<number, string>> = {
  [Compression.GZIP]: 'gzip',
  [Compression.BR]: 'br',
  [Compression.ZSTD]: 'zstd',
  [Compression.DEFLATE]: 'deflate',
  [Compression.SNAPPY]: 'snappy',
}
const jsonOptions = { registry: createRegistry(file_connectrpc_conformance_v1_service) }

const connections = new Map<string, Connection>()
const callsUnderWay = new Set<Promise<void>>()

/** Connections by their options, shared by all calls with the same options. */
function connectionFor(request: ClientCompatRequest): Connection {
  const tls = tlsOf(request)
  const url = `${tls ? 'https' : 'http'}://${request.host}:${request.port}`
  const { codec, compression, messageReceiveLimit } = request
  const key = JSON.stringify([url, tls, codec, compression, messageReceiveLimit])
  let connection = connections.get(key)
  if (connection === undefined) {
    connection = createConnection({ url }, { grpc: grpcOf(request), ...(tls && { tls }) })
    connections.set(key, connection)
  }
  return connection
}

function tlsOf({ serverTlsCert, clientTlsCreds }: ClientCompatRequest) {
  if (serverTlsCert.length === 0) return undefined
  const own = clientTlsCreds && {
    cert: toText(clientTlsCreds.cert),
    key: toText(clientTlsCreds.key),
  }
  return { ca: toText(serverTlsCert), ...own }
}

function grpcOf({ codec, compression, messageReceiveLimit }: ClientCompatRequest): GrpcOptions {
  const name = compressionNames[compression]
  const chosen = compressions.find((one) => one.name === name)
  return {
    format: codec === Codec.JSON ? 'json' : 'binary',
    jsonOptions,
    ...(messageReceiveLimit > 0 && { readMaxBytes: messageReceiveLimit }),
    ...(chosen && { sendCompression: chosen, acceptCompression: [chosen], compressMinBytes: 0 }),
  }
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}

async function runCase(request: ClientCompatRequest): Promise<void> {
  const { testName } = request
  const result = await makeCall(connectionFor(request).transport, request).then(
    (value) => ({ case: 'response' as const, value }),
    (error: Error) => ({
      case: 'error' as const,
      value: { message: error.stack ?? error.message },
    }),
  )
  process.stdout.write(toFrame(ClientCompatResponseSchema, { testName, result }))
}

for await (const request of readFrames(ClientCompatRequestSchema, process.stdin)) {
  const call = runCase(request)
  callsUnderWay.add(call)
  void call.then(() => callsUnderWay.delete(call))
  while (callsUnderWay.size >= callsMax) await Promise.race(callsUnderWay)
}
await Promise.all(callsUnderWay)
for (const connection of connections.values()) connection.close()
