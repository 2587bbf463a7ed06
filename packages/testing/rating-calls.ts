import { create, toBinary } from '@bufbuild/protobuf'
import type { ConnectError, Interceptor, ServiceImpl } from '@connectrpc/connect'
import { findTrailerError } from '@connectrpc/connect/protocol-grpc'
import type { RpcLimits } from '@marquee/connect-hono/limits'
import { mountConnect } from '@marquee/connect-hono/mount'
import type { MemoryBudget } from '@marquee/http/memory/budget'
import { createApp } from '@marquee/service/app'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { pino } from 'pino'
import {
  GetRatingRequestSchema,
  ImportRatingsRequestSchema,
  RatingService,
  WatchAggregatedRatingsRequestSchema,
} from '../../gen/rating/v1/rating_pb.ts'
import { createFetchHandler } from '../http/server/fetch-handler.ts'
import { type FakeExchange, fakeExchange } from './fake-exchange.ts'

export type Rating = Partial<ServiceImpl<typeof RatingService>>

export interface CallOptions {
  readonly implementation: Rating
  readonly interceptors?: readonly Interceptor[]
  readonly limits?: Partial<RpcLimits>
  /** Budget in which each call has an account of the same address. Default: no limit. */
  readonly memory?: MemoryBudget
}

/** Creates a rating service without a port, with its log, and functions that call it by gRPC. */
export function setUpCalls({
  implementation,
  memory,
  interceptors = [],
  limits = {},
}: CallOptions) {
  /** Lengths of the response chunks. */
  const chunkLengths: number[] = []
  const lines: { code?: string; method?: string }[] = []
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const draining = new AbortController()
  const app = createApp('rating', {
    log,
    metrics: createMetrics(),
    health: createHealth(draining.signal),
    limits,
  })
  mountConnect(
    app,
    (router) => router.service(RatingService, implementation, { repeatsState: true }),
    { ...app.rpcOptions, interceptors },
  )
  const respond = createFetchHandler({ app, log })
  function call(
    method: string,
    body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    fields: readonly string[] = [],
  ): FakeExchange {
    const exchange = fakeExchange({
      target: `/rating.v1.RatingService/${method}`,
      headers: ['content-type', 'application/grpc', ...fields],
      body,
      ...(memory && { memory }),
    })
    const { write } = exchange
    exchange.write = (bytes) => {
      chunkLengths.push(bytes.length)
      return write(bytes)
    }
    respond(exchange)
    return exchange
  }
  return { app, respond, call, lines, draining, chunkLengths }
}

/** Returns a message in its envelope. */
export function envelope(bytes: Uint8Array, flags = 0): Buffer {
  const head = Buffer.alloc(5)
  head[0] = flags
  head.writeUInt32BE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}

/** Returns the messages of a response. */
export function messagesOf(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 5 + bytes.readUInt32BE(at + 1)
    messages.push(bytes.subarray(at + 5, end))
    at = end
  }
  return messages
}

/** Returns the error that a response ends with. */
export async function failureOf(exchange: FakeExchange): Promise<ConnectError> {
  await exchange.over
  const trailers = new Headers()
  for (let index = 0; index < exchange.responseTrailers.length; index += 2) {
    trailers.append(
      exchange.responseTrailers[index] ?? '',
      exchange.responseTrailers[index + 1] ?? '',
    )
  }
  const error = findTrailerError(trailers)
  if (error === undefined) throw new Error('the call succeeded')
  return error
}

const getRequest = create(GetRatingRequestSchema, {
  recordType: 'movie',
  recordId: '1',
  userId: 'me',
})
export const request = envelope(toBinary(GetRatingRequestSchema, getRequest))
const watched = create(WatchAggregatedRatingsRequestSchema, {
  records: [{ recordType: 'movie', recordId: '1' }],
})
export const watchRequest = envelope(toBinary(WatchAggregatedRatingsRequestSchema, watched))
export const item = envelope(
  toBinary(
    ImportRatingsRequestSchema,
    create(ImportRatingsRequestSchema, { rating: { recordId: '1' } }),
  ),
)

/** Yields a request body that the client aborts. */
export async function* abortedBody(...chunks: Uint8Array[]) {
  yield* chunks
  throw new Error('the client aborted the request')
}

/** Yields a request body that never ends. */
export async function* unfinished(...chunks: Uint8Array[]) {
  yield* chunks
  await new Promise<never>(() => {})
}
