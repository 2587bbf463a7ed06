import { expect, test } from 'bun:test'
import { connect } from 'node:http2'
import { gzipSync } from 'node:zlib'
import { create, toBinary } from '@bufbuild/protobuf'
import { Code } from '@connectrpc/connect'
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
} from '@marquee/connect-hono/gen/grpc/health/v1/health_pb'
import type { Exchange } from '@marquee/http/exchange'
import { failureOf } from '@marquee/testing/failure-of'
import { type Gateway, ratingPath, startGateway, startInstance } from '@marquee/testing/forwarding'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { envelope } from '@marquee/testing/rating-calls'
import {
  GetRatingResponseSchema,
  type WatchAggregatedRatingsResponse,
  WatchAggregatedRatingsResponseSchema,
} from '../../../gen/rating/v1/rating_pb.ts'
import type { ResponseSink } from '../../http/http2/server/exchange.ts'
import { serveFrames } from '../../http/http2/testing/frames-peer.ts'

alsoOnDenoAndNode(import.meta.filename)

const record = { recordId: '1', recordType: 'movie' }
const ask = { ...record, userId: 'ada' }

/** A client that watches while something happens, and sees another change after it. */
async function whileWatching(
  gateway: Gateway,
  change: () => void,
  act: () => Promise<void>,
): Promise<void> {
  const watch = gateway.rating('grpc').watchAggregatedRatings({ records: [record] })
  const messages = watch[Symbol.asyncIterator]()
  const isMessage = ({ value }: IteratorResult<WatchAggregatedRatingsResponse>) =>
    value?.aggregatedRating !== undefined
  expect(isMessage(await messages.next())).toBe(true)
  await act()
  change()
  expect(isMessage(await messages.next())).toBe(true)
  await messages.return?.()
}

test('a request of 149 bytes whose error would be long ends no stream of others', async () => {
  let change = () => {}
  await using instance = await startInstance({
    async *watchAggregatedRatings() {
      yield { aggregatedRating: record }
      await new Promise<void>((resolve) => {
        change = resolve
      })
      yield { aggregatedRating: record }
    },
  })
  await using gateway = await startGateway([instance.url])
  await whileWatching(
    gateway,
    () => change(),
    async () => {
      const service = 'x'.repeat(70_000)
      const request = create(HealthCheckRequestSchema, { service })
      const packed = gzipSync(toBinary(HealthCheckRequestSchema, request), { level: 9 })
      const body = envelope(packed, 1)
      expect(body.length).toBeLessThan(160)
      const path = `${ratingPath}/grpc.health.v1.Health/Check`
      const { status, message } = await callByGrpc(gateway.url, path, body)
      // The service finds the name too long, or not known; either way it says so in few words.
      expect([Code.NotFound, Code.InvalidArgument, Code.ResourceExhausted]).toContain(status)
      expect(message.length).toBeLessThanOrEqual(512)
    },
  )
})

test('an instance with heads and trailers of 100 KB fails those calls alone', async () => {
  const long = ['x-long', 'v'.repeat(100_000)]
  const head = ['content-type', 'application/grpc+proto']
  const watched = toBinary(
    WatchAggregatedRatingsResponseSchema,
    create(WatchAggregatedRatingsResponseSchema, { aggregatedRating: record }),
  )
  const rated = toBinary(GetRatingResponseSchema, create(GetRatingResponseSchema, {}))
  const checked = toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema))
  let watching: Exchange | undefined
  await using instance = await serveFrames((exchange) => {
    // A server that does not ask what its client takes.
    const { link } = exchange.connection as ResponseSink
    link.transmitter.writer.listBytesMax = Number.POSITIVE_INFINITY
    if (exchange.target.endsWith('/WatchAggregatedRatings')) {
      exchange.respond(200, head)
      exchange.write(envelope(watched))
      watching = exchange
    } else if (exchange.target.endsWith('/GetRating')) {
      exchange.respond(200, [...head, ...long])
      exchange.end(envelope(rated), ['grpc-status', '0'])
    } else {
      exchange.respond(200, head)
      exchange.end(envelope(checked), ['grpc-status', '0', ...long])
    }
  })
  await using gateway = await startGateway([`http://127.0.0.1:${instance.port}`])
  await whileWatching(
    gateway,
    () => watching?.write(envelope(watched)),
    async () => {
      const ofHead = await failureOf(gateway.rating('connect').getRating(ask))
      expect(ofHead.code).toBe(Code.ResourceExhausted)
      const path = `${ratingPath}/grpc.health.v1.Health/Check`
      const { status } = await callByGrpc(gateway.url, path, envelope(Buffer.alloc(0)))
      expect(status).toBe(Code.ResourceExhausted)
    },
  )
})

test('a request with headers longer than the instance takes is RESOURCE_EXHAUSTED, and others go on', async () => {
  await using instance = await startInstance({
    getRating: () => ({ rating: { ...ask, value: 4 } }),
  })
  await using gateway = await startGateway([instance.url])
  const client = gateway.rating('connect')
  await client.getRating(ask)
  // Within the limits of the gateway, beyond those of the instance with what the gateway adds.
  const headers = { 'x-long': 'v'.repeat(32 * 1024 - 700) }
  for (let count = 0; count < 5; count++) {
    const { code } = await failureOf(client.getRating(ask, { headers }))
    expect(code).toBe(Code.ResourceExhausted)
  }
  expect((await client.getRating(ask)).rating?.value).toBe(4)
})

/** A call by `node:http2`, with its body compressed by gzip. */
async function callByGrpc(url: string, path: string, body: Uint8Array) {
  const session = connect(url)
  try {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      'grpc-encoding': 'gzip',
      te: 'trailers',
    })
    const { promise: ended, resolve, reject } = Promise.withResolvers<Record<string, unknown>>()
    let last: Record<string, unknown> = {}
    const keep = (fields: object) => {
      last = { ...last, ...fields }
    }
    stream.on('response', keep).on('trailers', keep).on('error', reject)
    stream.on('close', () => resolve(last)).resume()
    stream.end(body)
    const fields = await ended
    return { status: Number(fields['grpc-status']), message: String(fields['grpc-message']) }
  } finally {
    session.destroy()
  }
}
