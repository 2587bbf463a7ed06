import { describe, expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { create, toBinary } from '@bufbuild/protobuf'
import { ValueSchema } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError } from '@connectrpc/connect'
import { type FakeRequest, fakeExchange } from '@marquee/testing/fake-exchange'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { envelope, setUpCalls } from '@marquee/testing/rating-calls'
import {
  GetRatingRequestSchema,
  WatchAggregatedRatingsRequestSchema,
} from '../../../gen/rating/v1/rating_pb.ts'
import { HealthCheckRequestSchema } from '../gen/grpc/health/v1/health_pb.ts'
import { ServerReflectionRequestSchema } from '../gen/grpc/reflection/v1/reflection_pb.ts'

alsoOnDenoAndNode(import.meta.filename)

/** More than any error may take, and no more than a message may. */
const long = 'é"%'.repeat(10_000)
const healthPath = '/grpc.health.v1.Health/Check'
const ratingPath = '/rating.v1.RatingService/GetRating'
const json = 'application/json'
const health = toBinary(
  HealthCheckRequestSchema,
  create(HealthCheckRequestSchema, { service: long }),
)
const rating = toBinary(GetRatingRequestSchema, create(GetRatingRequestSchema, { userId: long }))
const manyRecords = toBinary(
  WatchAggregatedRatingsRequestSchema,
  create(WatchAggregatedRatingsRequestSchema, {
    records: Array.from({ length: 90 }, () => ({ recordType: '!'.repeat(100), recordId: '' })),
  }),
)

/** A call with a text that its client chose: what it is, its path, content type, body, and further headers. */
type Case = readonly [string, string, string, string | Uint8Array, (readonly string[])?]

const cases: Case[] = [
  ['a service name by gRPC', healthPath, 'application/grpc', envelope(health)],
  [
    'a service name by gRPC, compressed',
    healthPath,
    'application/grpc',
    envelope(gzipSync(health), 1),
    ['grpc-encoding', 'gzip'],
  ],
  ['a service name by gRPC-Web', healthPath, 'application/grpc-web+proto', envelope(health)],
  ['a service name by Connect', healthPath, json, JSON.stringify({ service: long })],
  ['ids by gRPC', ratingPath, 'application/grpc', envelope(rating)],
  ['ids by gRPC-Web', ratingPath, 'application/grpc-web', envelope(rating)],
  ['ids by Connect', ratingPath, 'application/proto', rating],
  [
    'a record of each of many kinds',
    '/rating.v1.RatingService/WatchAggregatedRatings',
    'application/grpc',
    envelope(manyRecords),
  ],
  [
    'a record of each of many kinds by Connect',
    '/rating.v1.RatingService/WatchAggregatedRatings',
    'application/connect+proto',
    envelope(manyRecords),
  ],
  ['a JSON value', ratingPath, json, JSON.stringify({ userId: { [long]: long } })],
  ['a JSON number', ratingPath, json, `{"recordId":1${'0'.repeat(20_000)}}`],
  ['what is no JSON', ratingPath, json, `{"${long}`],
  ['a JSON word', ratingPath, json, 'x'.repeat(20_000)],
  ['a compression', ratingPath, json, '{}', ['content-encoding', 'x'.repeat(20_000)]],
  [
    'a compression by gRPC',
    ratingPath,
    'application/grpc',
    '',
    ['grpc-encoding', 'x'.repeat(9_000)],
  ],
  ['a version', ratingPath, json, '{}', ['connect-protocol-version', 'x'.repeat(20_000)]],
  ['a deadline', ratingPath, json, '{}', ['connect-timeout-ms', 'x'.repeat(20_000)]],
  ['a deadline by gRPC', ratingPath, 'application/grpc', '', ['grpc-timeout', '%'.repeat(20_000)]],
  ['a content type', ratingPath, 'x'.repeat(20_000), ''],
  ['a path', `/${'x'.repeat(20_000)}`, json, ''],
  ['a path by gRPC', `/${'x~'.repeat(10_000)}`, 'application/grpc', ''],
  ['a content type by gRPC', `/${'x'.repeat(20_000)}`, `application/grpc${'x'.repeat(9_000)}`, ''],
]

test.each(cases)(
  '%s is not repeated at length in an error, a header or a log line',
  async (...one) => {
    const [, target, contentType, body, fields = []] = one
    const { status, head, trailers, bytes, lines } = await send({
      target,
      headers: ['content-type', contentType, ...fields],
      body: [Buffer.from(body)],
    })
    expect(status).toBeGreaterThan(0)
    // The details of gRPC repeat the message, in base64.
    expect(head.length).toBeLessThan(1_536)
    expect(trailers.length).toBeLessThan(6 * 1_024)
    expect(bytes.length).toBeLessThan(16 * 1_024)
    for (const line of lines) expect(JSON.stringify(line).length).toBeLessThan(2_048)
    const message =
      /grpc-message(?:: |\n)([^\n\r]*)/.exec(`${head}\n${trailers}\n${bytes}`)?.[1] ?? ''
    expect(message.length).toBeLessThanOrEqual(512)
    expect(() => decodeURIComponent(message)).not.toThrow()
  },
)

test('an unknown path in a GET is not repeated at length', async () => {
  const { bytes, lines } = await send({ method: 'GET', target: `/${'x'.repeat(20_000)}` })
  expect(bytes.length).toBeLessThan(700)
  expect(lines).toMatchObject([{ method: 'unknown', status: 404 }])
  expect(JSON.stringify(lines).length).toBeLessThan(2_048)
})

test('a query is not repeated at length', async () => {
  const query = `encoding=json&connect=${'x'.repeat(20_000)}&message={}`
  const { status, bytes } = await send({ method: 'GET', target: `${ratingPath}?${query}` })
  expect(status).toBe(400)
  expect(bytes.length).toBeLessThan(700)
})

test('reflection does not repeat a long name in its error', async () => {
  const request = create(ServerReflectionRequestSchema, {
    messageRequest: { case: 'fileContainingSymbol', value: 'x'.repeat(10_000) },
  })
  const { bytes } = await send({
    target: '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    headers: ['content-type', 'application/grpc'],
    body: [envelope(toBinary(ServerReflectionRequestSchema, request))],
  })
  // The request itself is part of the response.
  expect(bytes.length).toBeLessThan(10_700)
})

describe('an error that a handler throws', () => {
  const text = '10 % of "é" is ~100 (a:b/c)'

  test('an error of a handler is sent in full up to the limit, with no more escapes than needed', async () => {
    const failed = await fail(new ConnectError(text, Code.NotFound))
    expect(failed.trailers).toContain('grpc-message\n10 %25 of "%C3%A9" is ~100 (a:b/c)')
  })

  test('a long error of a handler is truncated, and loses details that do not fit', async () => {
    const detail = (stringValue: string) => ({
      desc: ValueSchema,
      value: { kind: { case: 'stringValue' as const, value: stringValue } },
    })
    const details = [detail('first'), detail('x'.repeat(100_000)), detail('last')]
    const error = new ConnectError(long, Code.Aborted, undefined, details)
    const { trailers, lines } = await fail(error)
    expect(trailers.length).toBeLessThan(2_048)
    expect(trailers).toContain('grpc-status\n10')
    const [, status = ''] = /grpc-status-details-bin\n(.*)/.exec(trailers) ?? []
    // Without padding (gRPC over HTTP/2, "Binary-Header").
    expect(status).not.toContain('=')
    const sent = Buffer.from(status, 'base64').toString()
    expect([sent.includes('first'), sent.includes('xxx')]).toEqual([true, false])
    expect(JSON.stringify(lines).length).toBeLessThan(2_048)
  })

  async function fail(error: ConnectError) {
    const target = '/rating.v1.RatingService/ListTopRated'
    const list = { listTopRated: () => Promise.reject(error) }
    return send(
      {
        target,
        headers: ['content-type', 'application/grpc'],
        body: [envelope(Buffer.of(10, 5, ...Buffer.from('movie')))],
      },
      list,
    )
  }
})

async function send(request: FakeRequest, implementation = {}) {
  const { lines, respond } = setUpCalls({ implementation })
  const exchange = fakeExchange(request)
  respond(exchange)
  await exchange.over
  return {
    lines,
    status: exchange.status,
    head: exchange.responseHeaders.join('\n'),
    trailers: exchange.responseTrailers.join('\n'),
    bytes: exchange.responseBytes,
  }
}
