import { expect, test } from 'bun:test'
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { Code, ConnectError, createClient, encodeBinaryHeader } from '@connectrpc/connect'
import { standardCompressions } from '@marquee/connect-hono/compression'
import { headerOf } from '@marquee/http/header-list'
import { NotSentError } from '@marquee/http/http2/client/port'
import { StreamReset } from '@marquee/http/http2/frames/errors'
import { failureOf } from '@marquee/testing/failure-of'
import { type FakeStream, fakeStreams } from '@marquee/testing/fake-streams'
import { waitFor } from '@marquee/testing/wait-for'
import {
  GetRatingRequestSchema,
  GetRatingResponseSchema,
  RatingService,
  WatchAggregatedRatingsResponseSchema,
} from '../../gen/rating/v1/rating_pb.ts'
import type { GrpcOptions } from './options.ts'
import { createGrpcTransport, isNotSent } from './transport.ts'

const head = ['content-type', 'application/grpc+proto', 'x-head', 'h']
const ok = ['grpc-status', '0', 'x-trailer', 't']
const request = { userId: 'u', recordId: '1', recordType: 'movie' }
const responseBytes = framed(
  toBinary(GetRatingResponseSchema, create(GetRatingResponseSchema, { rating: { value: 5 } })),
)
/** A message that is one of any type. */
const empty = framed(Buffer.of())

test('a unary call sends one message and receives one', async () => {
  const { client, streams } = connect(respondWith(responseBytes))
  expect((await client.getRating(request)).rating?.value).toBe(5)
  const [stream] = streams.opened
  expect(stream?.isSent).toBe(true)
  expect(stream?.sent.subarray(0, 1)).toEqual(Buffer.of(0))
  expect(stream?.sent.readUInt32BE(1)).toBe((stream?.sent.length ?? 0) - 5)
  const sent = fromBinary(GetRatingRequestSchema, stream?.sent.subarray(5) ?? Buffer.of())
  expect(sent).toEqual(create(GetRatingRequestSchema, request))
})

test('the request headers are those that gRPC requires', async () => {
  const { client, streams } = connect(respondWith(responseBytes), {}, 'http://fake:1/prefix/')
  await client.getRating(request, {
    timeoutMs: 1_234.5,
    headers: [
      ['X-Name', 'a'],
      ['x-name', 'b'],
      ['content-type', 'text/plain'],
    ],
  })
  expect(streams.opened[0]?.head).toEqual([
    ...[':method', 'POST', ':scheme', 'http', ':authority', 'fake:1'],
    ...[':path', '/prefix/rating.v1.RatingService/GetRating'],
    ...['te', 'trailers', 'content-type', 'application/grpc+proto', 'user-agent', 'grpc-marquee'],
    ...['x-name', 'a', 'x-name', 'b', 'grpc-timeout', '1235m'],
  ])
})

test('metadata that HTTP does not allow is refused before anything is sent', async () => {
  const { client, streams } = connect(respondWith(responseBytes))
  const call = client.getRating(request, { headers: [['x-name', 'a\r\nx-other: b']] })
  await expect(call).rejects.toThrow()
  expect(streams.opened).toHaveLength(0)
})

test('response headers and trailers reach the caller', async () => {
  const { client } = connect(respondWith(empty))
  const seen: (string | null)[] = []
  await client.getRating(request, {
    onHeader: (header) => seen.push(header.get('x-head')),
    onTrailer: (trailer) => seen.push(trailer.get('x-trailer')),
  })
  for await (const _ of client.watchAggregatedRatings(
    {},
    {
      onHeader: (header) => seen.push(header.get('x-head')),
      onTrailer: (trailer) => seen.push(trailer.get('x-trailer')),
    },
  ));
  expect(seen).toEqual(['h', 't', 'h', 't'])
})

test('a response may arrive in pieces of any size', async () => {
  for (let size = 1; size <= responseBytes.length; size++) {
    const { client } = connect((stream) => {
      stream.respond(200, head)
      for (let index = 0; index < responseBytes.length; index += size) {
        stream.data(responseBytes.subarray(index, index + size))
      }
      stream.finish(ok)
    })
    expect((await client.getRating(request)).rating?.value).toBe(5)
  }
})

test.each<[string, (stream: FakeStream) => void, Code]>([
  ['a status in the trailers', respondWith(empty, ['grpc-status', '9']), Code.FailedPrecondition],
  ['a response of headers only', only(200, [...head, 'grpc-status', '5']), Code.NotFound],
  ['no status', respondWith(responseBytes, ['grpc-message', 'm']), Code.Internal],
  ['an unknown status', respondWith(responseBytes, ['grpc-status', '99']), Code.Internal],
  ['no message', respondWith(undefined), Code.Unimplemented],
  ['two messages', respondWith(Buffer.concat([empty, empty])), Code.Unimplemented],
  ['a message that is incomplete', respondWith(responseBytes.subarray(0, -1)), Code.Internal],
  ['a message that is none', respondWith(framed(Buffer.from('\xff\xff'))), Code.Internal],
  ['unknown flags', respondWith(Buffer.of(2, 0, 0, 0, 0)), Code.Internal],
  ['a compressed message', respondWith(Buffer.of(1, 0, 0, 0, 0)), Code.Internal],
  ['a message too long', respondWith(Buffer.of(0, 1, 0, 0, 1)), Code.ResourceExhausted],
  ['a compression not asked for', only(200, [...head, 'grpc-encoding', 'gzip']), Code.Internal],
  ['no content type', only(200, []), Code.Unknown],
  ['a web page', only(200, ['content-type', 'text/html']), Code.Unknown],
  ['another format', only(200, ['content-type', 'application/grpc+json']), Code.Internal],
  ['HTTP 400', only(400, []), Code.Internal],
  ['HTTP 401', only(401, []), Code.Unauthenticated],
  ['HTTP 403', only(403, []), Code.PermissionDenied],
  ['HTTP 404', only(404, []), Code.Unimplemented],
  ['HTTP 429', only(429, []), Code.Unavailable],
  ['HTTP 503', only(503, []), Code.Unavailable],
  ['HTTP 418', only(418, []), Code.Unknown],
  ['HTTP 503 with a status', only(503, [...head, 'grpc-status', '8']), Code.ResourceExhausted],
  ['a lost connection', (stream) => stream.fail(new Error('reset')), Code.Unavailable],
  ['a refused stream', (stream) => stream.fail(new NotSentError('refused')), Code.Unavailable],
  ['RST_STREAM, CANCEL', (stream) => stream.fail(new StreamReset(8, 'reset')), Code.Canceled],
  ['RST_STREAM, NO_ERROR', (stream) => stream.fail(new StreamReset(0, 'reset')), Code.Internal],
  [
    'RST_STREAM, a calm',
    (stream) => stream.fail(new StreamReset(11, 'reset')),
    Code.ResourceExhausted,
  ],
  [
    'RST_STREAM, security',
    (stream) => stream.fail(new StreamReset(12, 'reset')),
    Code.PermissionDenied,
  ],
])('%s is an error of its own, unary and streamed', async (_, serve, code) => {
  const { client } = connect(serve)
  expect((await failureOf(client.getRating(request))).code).toBe(code)
  expect((await failureOf(client.importRatings(nothing()))).code).toBe(code)
})

test('an error has its message, details, headers and trailers', async () => {
  const { client } = connect(
    respondWith(undefined, [...['grpc-status', '5', 'grpc-message', 'n%C3%B6', 'x-trailer', 't']]),
  )
  const error = await failureOf(client.getRating(request))
  expect(error.rawMessage).toBe('nö')
  expect([error.metadata.get('x-head'), error.metadata.get('x-trailer')]).toEqual(['h', 't'])
})

test('an error message with malformed escapes is reported as it is', async () => {
  const { client } = connect(respondWith(undefined, ['grpc-status', '5', 'grpc-message', '100 %']))
  expect((await failureOf(client.getRating(request))).rawMessage).toBe('100 %')
})

test('binary metadata is sent and received', async () => {
  const value = encodeBinaryHeader(Uint8Array.of(0, 255, 10))
  const { client, streams } = connect(respondWith(responseBytes, [...ok, 'x-bytes-bin', value]))
  let seen: string | null = null
  await client.getRating(request, {
    headers: { 'x-bytes-bin': value },
    onTrailer(trailer) {
      seen = trailer.get('x-bytes-bin')
    },
  })
  expect(seen as string | null).toBe(value)
  expect(headerOf(streams.opened[0]?.head ?? [], 'x-bytes-bin')).toBe(value)
})

test('only calls that the server cannot have acted on count as not sent', async () => {
  const refused = connect((stream) => stream.fail(new NotSentError('refused')))
  expect(isNotSent(await failureOf(refused.client.getRating(request)))).toBe(true)
  const lost = connect((stream) => stream.fail(new Error('lost')))
  expect(isNotSent(await failureOf(lost.client.getRating(request)))).toBe(false)
})

test('a deadline fails the call at the client and resets the stream', async () => {
  const { client, streams } = connect(() => {})
  const call = failureOf(client.getRating(request, { timeoutMs: 20 }))
  const others = failureOf(client.importRatings(nothing(), { timeoutMs: 10 }))
  expect((await call).code).toBe(Code.DeadlineExceeded)
  expect((await others).code).toBe(Code.DeadlineExceeded)
  expect(streams.opened.map(({ isCancelled }) => isCancelled)).toEqual([true, true])
})

test('a reset by the server at the deadline is reported as DEADLINE_EXCEEDED', async () => {
  const { client } = connect((stream) => {
    const endMs = performance.now() + 5
    while (performance.now() < endMs);
    stream.fail(new StreamReset(8, 'reset'))
  })
  const call = client.getRating(request, { timeoutMs: 5 })
  expect((await failureOf(call)).code).toBe(Code.DeadlineExceeded)
})

test('a call that waits for room ends at its deadline or by its signal', async () => {
  const { client, streams } = connect(() => {}, {}, undefined, false)
  const late = failureOf(client.getRating(request, { timeoutMs: 10 }))
  const controller = new AbortController()
  const left = failureOf(client.getRating(request, { signal: controller.signal }))
  controller.abort()
  expect([(await late).code, (await left).code]).toEqual([Code.DeadlineExceeded, Code.Canceled])
  expect(streams.waiting.size).toBe(0)
})

test('a signal fails the call and resets the stream', async () => {
  const { client, streams } = connect(() => {})
  const controller = new AbortController()
  const call = failureOf(client.getRating(request, { signal: controller.signal }))
  await waitFor(() => streams.opened.length === 1, { what: 'the call' })
  controller.abort()
  expect((await call).code).toBe(Code.Canceled)
  expect(streams.opened[0]?.isCancelled).toBe(true)
})

test('a call whose signal is aborted already is not sent', async () => {
  const { client, streams } = connect(() => {})
  const call = client.getRating(request, { signal: AbortSignal.abort() })
  expect((await failureOf(call)).code).toBe(Code.Canceled)
  expect(streams.opened).toHaveLength(0)
})

test('a stream arrives message by message, no faster than its reader takes it', async () => {
  const { client, streams } = connect((stream) => {
    stream.respond(200, head)
    for (const id of ['a', 'b', 'c']) stream.data(watched(id))
  })
  const messages = client.watchAggregatedRatings({})[Symbol.asyncIterator]()
  expect((await messages.next()).value?.aggregatedRating?.recordId).toBe('a')
  const [stream] = streams.opened
  expect(stream?.take()).toEqual(watched('b'))
  const next = messages.next()
  expect((await next).value?.aggregatedRating?.recordId).toBe('c')
  stream?.finish(ok)
  expect((await messages.next()).done).toBe(true)
})

test('the messages of a stream are read before the error at its end', async () => {
  const { client } = connect(respondWith(watched('a'), ['grpc-status', '14']))
  const seen: string[] = []
  const error = await failureOf(
    (async () => {
      for await (const message of client.watchAggregatedRatings({})) {
        seen.push(message.aggregatedRating?.recordId ?? '')
      }
    })(),
  )
  expect([seen, error.code]).toEqual([['a'], Code.Unavailable])
})

test('a server that completes its response early gets no more of the request', async () => {
  const { client, streams } = connect((stream) => {
    stream.respond(200, head)
    stream.finish(['grpc-status', '8'])
  })
  let isReturned = false
  async function* endless() {
    try {
      for (;;) yield await new Promise<object>((resolve) => setImmediate(resolve, {}))
    } finally {
      isReturned = true
    }
  }
  expect((await failureOf(client.importRatings(endless()))).code).toBe(Code.ResourceExhausted)
  expect(streams.opened[0]?.isCancelled).toBe(true)
  await waitFor(() => isReturned, { what: 'the end of the messages' })
})

test('an error of the request messages fails the call', async () => {
  const { client, streams } = connect(() => {})
  async function* broken() {
    yield {}
    throw new ConnectError('the file is broken', Code.DataLoss)
  }
  expect((await failureOf(client.importRatings(broken()))).code).toBe(Code.DataLoss)
  expect(streams.opened[0]?.isCancelled).toBe(true)
})

test.each(standardCompressions)(
  'messages are compressed by $name when the options say so',
  async (way) => {
    const compressed = await way.compress(responseBytes.subarray(5))
    const { client, streams } = connect(
      (stream) => {
        stream.respond(200, [...head, 'grpc-encoding', way.name])
        stream.data(framed(compressed, 1))
        stream.finish(ok)
      },
      { acceptCompression: standardCompressions, sendCompression: way, compressMinBytes: 0 },
    )
    expect((await client.getRating(request)).rating?.value).toBe(5)
    const [stream] = streams.opened
    expect(headerOf(stream?.head ?? [], 'grpc-accept-encoding')).toBe('gzip,br,zstd')
    expect(headerOf(stream?.head ?? [], 'grpc-encoding')).toBe(way.name)
    const sent = stream?.sent ?? Buffer.of()
    expect(sent[0]).toBe(1)
    const whole = await way.decompress(sent.subarray(5), 1_000)
    expect(fromBinary(GetRatingRequestSchema, whole).userId).toBe('u')
  },
)

test('a message that is too large when decompressed is refused, and one that is not compressed', async () => {
  const [gzip] = standardCompressions
  if (!gzip) throw new Error('there is no gzip')
  const long = await gzip.compress(Buffer.alloc(10_000))
  for (const [bytes, code] of [
    [long, Code.ResourceExhausted],
    [Buffer.from('x'), Code.Internal],
  ] as const) {
    const { client } = connect(
      (stream) => {
        stream.respond(200, [...head, 'grpc-encoding', 'gzip'])
        stream.data(framed(bytes, 1))
        stream.finish(ok)
      },
      { acceptCompression: [gzip], readMaxBytes: 1_000 },
    )
    expect((await failureOf(client.getRating(request))).code).toBe(code)
  }
})

test('messages can be sent in JSON', async () => {
  const { client, streams } = connect(
    (stream) => {
      stream.respond(200, ['content-type', 'application/grpc+json'])
      stream.data(framed(Buffer.from('{"rating":{"value":3}}')))
      stream.finish(ok)
    },
    { format: 'json' },
  )
  expect((await client.getRating(request)).rating?.value).toBe(3)
  expect(JSON.parse(`${streams.opened[0]?.sent.subarray(5)}`)).toEqual(request)
})

test('interceptors wrap unary calls and streams', async () => {
  const seen: string[] = []
  const { client, streams } = connect(respondWith(empty), {
    interceptors: [
      (next) => async (call) => {
        seen.push(call.url)
        call.header.set('x-name', 'of the interceptor')
        const response = await next(call)
        seen.push(`${response.header.get('x-head')}`)
        return response
      },
    ],
  })
  await client.getRating(request)
  await client.importRatings(nothing())
  const prefix = 'http://fake/rating.v1.RatingService'
  expect(seen).toEqual([`${prefix}/GetRating`, 'h', `${prefix}/ImportRatings`, 'h'])
  for (const stream of streams.opened) {
    expect(headerOf(stream.head, 'x-name')).toBe('of the interceptor')
  }
})

function connect(
  serve: (stream: FakeStream) => void,
  options: GrpcOptions = {},
  baseUrl = 'http://fake',
  hasRoom = true,
) {
  const streams = fakeStreams(serve, hasRoom)
  const client = createClient(RatingService, createGrpcTransport(baseUrl, streams, options))
  return { client, streams }
}

function respondWith(bytes: Uint8Array | undefined, trailers = ok) {
  return (stream: FakeStream) => {
    stream.respond(200, head)
    if (bytes) stream.data(bytes)
    stream.finish(trailers)
  }
}

function only(status: number, fields: readonly string[]) {
  return (stream: FakeStream) => stream.respondOnly(status, fields)
}

function framed(bytes: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.of(flag, 0, 0, 0, 0)
  prefix.writeUInt32BE(bytes.length, 1)
  return Buffer.concat([prefix, bytes])
}

function watched(recordId: string): Buffer {
  const message: MessageInitShape<typeof WatchAggregatedRatingsResponseSchema> = {
    aggregatedRating: { recordId },
  }
  const desc = WatchAggregatedRatingsResponseSchema
  return framed(toBinary(desc, create(desc, message)))
}

async function* nothing(): AsyncGenerator<object> {}
