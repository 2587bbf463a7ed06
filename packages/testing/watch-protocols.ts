import { connect } from 'node:http2'
import { type MessageInitShape, toJson } from '@bufbuild/protobuf'
import { createClient, type Transport } from '@connectrpc/connect'
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web'
import { createHttp2Context } from '@marquee/grpc-transport/connection'
import { createSessionPool, streamBounds } from '@marquee/grpc-transport/pool/session-pool'
import {
  RatingService,
  type WatchAggregatedRatingsRequestSchema,
  WatchAggregatedRatingsResponseSchema,
} from '../../gen/rating/v1/rating_pb.ts'
import { createGrpcTransport } from '../grpc-transport/transport.ts'

export const watchProtocols = [
  'grpc',
  'connect',
  'grpc-web',
  'lines',
  'events',
  'events by HTTP/2',
] as const
export type WatchProtocol = (typeof watchProtocols)[number]

/** A request without `since_revision`, for RPCs and as the query of the REST route. */
export interface WatchRequest {
  readonly rpc: MessageInitShape<typeof WatchAggregatedRatingsRequestSchema>
  readonly query: string
}

/** Response in the JSON of protobuf. */
export interface WatchedJson {
  readonly aggregatedRating?: RatingJson
  readonly top?: { readonly aggregatedRatings?: readonly RatingJson[] }
  readonly resumeRevision?: string
}

export interface RatingJson {
  readonly recordId: string
  readonly count?: string
  readonly mean?: number
  readonly revision?: string
}

/** Watches by a protocol, until the signal is aborted. */
export function watchBy(
  protocol: WatchProtocol,
  url: string,
  request: WatchRequest,
  options: { readonly since: string; readonly signal: AbortSignal },
): AsyncIterable<WatchedJson> {
  const target = `/rating/watch?${request.query}`
  switch (protocol) {
    case 'grpc':
      return byGrpc(url, request, options)
    case 'connect':
      return byRpc(createConnectTransport({ baseUrl: url }), request, options)
    case 'grpc-web':
      return byRpc(createGrpcWebTransport({ baseUrl: url }), request, options)
    case 'lines':
      return linesOf(byFetch(`${url}${target}&since=${options.since}`, {}, options.signal))
    case 'events':
      return eventsOf(byFetch(url + target, eventHeaders(options.since), options.signal))
    case 'events by HTTP/2':
      return eventsOf(byHttp2(url, { ':path': target, ...eventHeaders(options.since) }, options))
  }
}

function eventHeaders(since: string): Record<string, string> {
  return { accept: 'text/event-stream', 'last-event-id': since }
}

async function* byGrpc(url: string, request: WatchRequest, options: WatchOptions) {
  const sessions = createSessionPool(url, { context: createHttp2Context() }, streamBounds)
  try {
    yield* byRpc(createGrpcTransport(url, sessions), request, options)
  } finally {
    sessions.close()
  }
}

interface WatchOptions {
  readonly since: string
  readonly signal: AbortSignal
}

async function* byRpc(transport: Transport, { rpc }: WatchRequest, options: WatchOptions) {
  const { since, signal } = options
  const client = createClient(RatingService, transport)
  const request = { ...rpc, sinceRevision: BigInt(since) } as typeof rpc
  for await (const response of client.watchAggregatedRatings(request, { signal })) {
    yield toJson(WatchAggregatedRatingsResponseSchema, response) as WatchedJson
  }
}

async function* byFetch(url: string, headers: Record<string, string>, signal: AbortSignal) {
  const response = await fetch(url, { headers, signal })
  if (response.status !== 200 || response.body === null) {
    throw new Error(`${response.status}: ${await response.text()}`)
  }
  yield* response.body.pipeThrough(new TextDecoderStream())
}

async function* byHttp2(url: string, headers: Record<string, string>, { signal }: WatchOptions) {
  const session = connect(url)
  // The stream fails by it, too.
  session.on('error', () => undefined)
  const leave = () => session.destroy()
  signal.addEventListener('abort', leave)
  try {
    const stream = session.request(headers)
    stream.setEncoding('utf8')
    yield* stream as AsyncIterable<string>
  } finally {
    signal.removeEventListener('abort', leave)
    session.destroy()
  }
}

async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<WatchedJson> {
  for await (const line of parts(chunks, '\n')) yield JSON.parse(line)
}

async function* eventsOf(chunks: AsyncIterable<string>): AsyncGenerator<WatchedJson> {
  for await (const event of parts(chunks, '\n\n')) {
    const fields = new Map(event.split('\n').map(toField))
    const data = JSON.parse(fields.get('data') ?? '{}')
    if (fields.get('event') === 'error') throw new Error(data.message)
    const { resumeRevision = '0' } = data
    if (fields.get('id') !== resumeRevision) throw new Error(`another id than in ${event}`)
    yield data
  }
}

function toField(line: string): readonly [string, string] {
  const [, name = '', value = ''] = /^(.*?): ?(.*)$/.exec(line) ?? []
  return [name, value]
}

async function* parts(chunks: AsyncIterable<string>, separator: string): AsyncGenerator<string> {
  let text = ''
  for await (const chunk of chunks) {
    const complete = (text + chunk).split(separator)
    text = complete.pop() ?? ''
    yield* complete
  }
}
