import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'

/** A span as a collector gets it. */
export interface ReceivedSpan {
  /** `service.name` of the process. */
  readonly service: string
  readonly traceId: string
  readonly spanId: string
  /** Empty for the first span of a trace. */
  readonly parentSpanId: string
  readonly name: string
  readonly kind: (typeof kinds)[number]
  readonly startNs: bigint
  readonly endNs: bigint
  readonly attributes: Readonly<Record<string, string | number>>
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly isError: boolean
}

/** A collector of traces, by OTLP over HTTP in binary. */
export interface OtlpCollector extends AsyncDisposable {
  /** Value for `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string
  /** Spans so far, in the order of arrival. */
  readonly spans: readonly ReceivedSpan[]
}

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const
const errorStatus = 2n

export async function startOtlpCollector(): Promise<OtlpCollector> {
  const spans: ReceivedSpan[] = []
  const server = createServer(async (request, response) => {
    if (request.url !== '/v1/traces') {
      response.writeHead(404).end()
      return
    }
    spans.push(...readRequest(await bodyOf(request)))
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const body = await buffer(request)
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
}

// The numbers of fields are those of opentelemetry/proto/trace/v1/trace.proto.

function readRequest(bytes: Uint8Array): ReceivedSpan[] {
  return bytesOf(bytes, 1).flatMap((resourceSpans) => {
    const [resource = empty] = bytesOf(resourceSpans, 1)
    const service = String(attributesOf(resource, 1)['service.name'])
    const scopes = bytesOf(resourceSpans, 2)
    return scopes.flatMap((scope) => bytesOf(scope, 2).map((span) => readSpan(span, service)))
  })
}

function readSpan(bytes: Uint8Array, service: string): ReceivedSpan {
  return {
    service,
    traceId: hexOf(bytes, 1),
    spanId: hexOf(bytes, 2),
    parentSpanId: hexOf(bytes, 4),
    name: textOf(bytes, 5),
    kind: kinds[Number(numberOf(bytes, 6))] ?? 'unspecified',
    startNs: numberOf(bytes, 7),
    endNs: numberOf(bytes, 8),
    attributes: attributesOf(bytes, 9),
    links: bytesOf(bytes, 13).map((link) => ({ traceId: hexOf(link, 1), spanId: hexOf(link, 2) })),
    isError: bytesOf(bytes, 15).some((status) => numberOf(status, 3) === errorStatus),
  }
}

function attributesOf(bytes: Uint8Array, number: number): Record<string, string | number> {
  const entries = bytesOf(bytes, number).map((attribute) => {
    const [value = empty] = bytesOf(attribute, 2)
    const isText = bytesOf(value, 1).length > 0
    return [textOf(attribute, 1), isText ? textOf(value, 1) : Number(numberOf(value, 3))]
  })
  return Object.fromEntries(entries)
}

const empty = new Uint8Array()

function hexOf(bytes: Uint8Array, number: number): string {
  return Buffer.from(bytesOf(bytes, number)[0] ?? empty).toString('hex')
}

function textOf(bytes: Uint8Array, number: number): string {
  return Buffer.from(bytesOf(bytes, number)[0] ?? empty).toString()
}

function bytesOf(bytes: Uint8Array, number: number): Uint8Array[] {
  return fieldsOf(bytes, number).filter((value) => typeof value !== 'bigint')
}

function numberOf(bytes: Uint8Array, number: number): bigint {
  const [value] = fieldsOf(bytes, number)
  return typeof value === 'bigint' ? value : 0n
}

function fieldsOf(bytes: Uint8Array, wanted: number): (Uint8Array | bigint)[] {
  const reader = new BinaryReader(bytes)
  const values: (Uint8Array | bigint)[] = []
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag()
    if (number !== wanted) reader.skip(type)
    else if (type === WireType.LengthDelimited) values.push(reader.bytes())
    else if (type === WireType.Bit64) values.push(BigInt(reader.fixed64()))
    else values.push(BigInt(reader.uint64()))
  }
  return values
}
