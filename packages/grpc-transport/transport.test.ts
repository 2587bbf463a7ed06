import { expect, test } from 'bun:test'
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { Code, ConnectError, createClient, encodeBinaryHeader } from '@connectrpc/connect'
import { standardCompressions } from '@marquee/connect-hono/compression'
import { fieldOf } from '@marquee/http/header-list'
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
const answer = framed(
  toBinary(GetRatingResponseSchema, create(GetRatingResponseSchema, { rating: { value: 5 } })),
)
/** A message that is one of any type. */
const empty = framed(Buffer.of())

test('a unary call sends one message and gets one', async () => {
  const { client, streams } = connect(answerWith(answer))
  expect((await client.getRating(request)).rating?.value).toBe(5)
  const [stream] = streams.opened
  expect(stream?.isSent).toBe(true)
  expect(stream?.sent.subarray(0, 1)).toEqual(Buffer.of(0))
  expect(stream?.sent.readUInt32BE(1)).toBe((stream?.sent.length ?? 0) - 5)
  const sent = fromBinary(GetRatingRequestSchema, stream?.sent.subarray(5) ?? Buffer.of())
  expect(sent).toEqual(create(GetRatingRequestSchema, request))
})

test('the head says what gRPC wants it to', async () => {
  const { client, streams } = connect(answerWith(answer), {}, 'http://fake:1/prefix/')
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

test('metadata that could break the head is refused before anything is sent', async () => {
  const { client, streams } = connect(answerWith(answer))
  const call = client.getRating(request, { headers: [['x-name', 'a\r\nx-other: b']] })
  await expect(call).rejects.toThrow()
  expect(streams.opened).toHaveLength(0)
})

test('head and trailers reach the caller', async () => {
  const { client } = connect(answerWith(empty))
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

test('an answer may come in pieces of any size', async () => {
  for (let size = 1; size <= answer.length; size++) {
    const { client } = connect((stream) => {
      stream.respond(200, head)
      for (let index = 0; index < answer.length; index += size) {
        stream.data(answer.subarray(index, index + size))
      }
      stream.finish(ok)
    })
    expect((await client.getRating(request)).rating?.value).toBe(5)
  }
})

test.each<[string, (stream: FakeStream) => void, Code]>([
  ['a status in the trailers', answerWith(empty, ['grpc-status', '9']), Code.FailedPrecondition],
  ['an answer that is only a head', only(200, [...head, 'grpc-status', '5']), Code.NotFound],
  ['no status', answerWith(answer, ['grpc-message', 'm']), Code.Internal],
  ['a status that is none', answerWith(answer, ['grpc-status', '99']), Code.Internal],
  ['no message', answerWith(undefined), Code.Unimplemented],
  ['two messages', answerWith(Buffer.concat([empty, empty])), Code.Unimplemented],
  ['a message that is cut', answerWith(answer.subarray(0, -1)), Code.Internal],
  ['a message that is none', answerWith(framed(Buffer.from('\xff\xff'))), Code.Internal],
  ['unknown flags', answerWith(Buffer.of(2, 0, 0, 0, 0)), Code.Internal],
  ['a compressed message', answerWith(Buffer.of(1, 0, 0, 0, 0)), Code.Internal],
  ['a message too long', answerWith(Buffer.of(0, 1, 0, 0, 1)), Code.ResourceExhausted],
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

test('an error carries its message, details, head and trailers', async () => {
  const { client } = connect(
    answerWith(undefined, [...['grpc-status', '5', 'grpc-message', 'n%C3%B6', 'x-trailer', 't']]),
  )
  const error = await failureOf(client.getRating(request))
  expect(error.rawMessage).toBe('nö')
  expect([error.metadata.get('x-head'), error.metadata.get('x-trailer')]).toEqual(['h', 't'])
})

test('a message that is not encoded as it should be is told as it is', async () => {
  const { client } = connect(answerWith(undefined, ['grpc-status', '5', 'grpc-message', '100 %']))
  expect((await failureOf(client.getRating(request))).rawMessage).toBe('100 %')
})

test('binary metadata goes both ways', async () => {
  const value = encodeBinaryHeader(Uint8Array.of(0, 255, 10))
  const { client, streams } = connect(answerWith(answer, [...ok, 'x-bytes-bin', value]))
  let seen: string | null = null
  await client.getRating(request, {
    headers: { 'x-bytes-bin': value },
    onTrailer(trailer) {
      seen = trailer.get('x-bytes-bin')
    },
  })
  expect(seen as string | null).toBe(value)
  expect(fieldOf(streams.opened[0]?.head ?? [], 'x-bytes-bin')).toBe(value)
})

test('only what the server cannot have acted on is known as not sent', async () => {
  const refused = connect((stream) => stream.fail(new NotSentError('refused')))
  expect(isNotSent(await failureOf(refused.client.getRating(request)))).toBe(true)
  const lost = connect((stream) => stream.fail(new Error('lost')))
  expect(isNotSent(await failureOf(lost.client.getRating(request)))).toBe(false)
})

test('a deadline ends the call on this side and gives the stream up', async () => {
  const { client, streams } = connect(() => {})
  const call = failureOf(client.getRating(request, { timeoutMs: 20 }))
  const others = failureOf(client.importRatings(nothing(), { timeoutMs: 10 }))
  expect((await call).code).toBe(Code.DeadlineExceeded)
  expect((await others).code).toBe(Code.DeadlineExceeded)
  expect(streams.opened.map(({ isCancelled }) => isCancelled)).toEqual([true, true])
})

test('a server that gives a call up at its deadline does so for the deadline', async () => {
  const { client } = connect((stream) => {
    const endMs = performance.now() + 5
    while (performance.now() < endMs);
    stream.fail(new StreamReset(8, 'reset'))
  })
  const call = client.getRating(request, { timeoutMs: 5 })
  expect((await failureOf(call)).code).toBe(Code.DeadlineExceeded)
})

test('a call that waits for room ends by its deadline or its signal, and waits no more', async () => {
  const { client, streams } = connect(() => {}, {}, undefined, false)
  const late = failureOf(client.getRating(request, { timeoutMs: 10 }))
  const controller = new AbortController()
  const left = failureOf(client.getRating(request, { signal: controller.signal }))
  controller.abort()
  expect([(await late).code, (await left).code]).toEqual([Code.DeadlineExceeded, Code.Canceled])
  expect(streams.waiting.size).toBe(0)
})

test('a signal ends the call and gives the stream up', async () => {
  const { client, streams } = connect(() => {})
  const controller = new AbortController()
  const call = failureOf(client.getRating(request, { signal: controller.signal }))
  await waitFor(() => streams.opened.length === 1, { what: 'the call' })
  controller.abort()
  expect((await call).code).toBe(Code.Canceled)
  expect(streams.opened[0]?.isCancelled).toBe(true)
})

test('a call with a signal that is aborted already is not sent', async () => {
  const { client, streams } = connect(() => {})
  const call = client.getRating(request, { signal: AbortSignal.abort() })
  expect((await failureOf(call)).code).toBe(Code.Canceled)
  expect(streams.opened).toHaveLength(0)
})

test('a stream is read message by message, and taken no faster than it is read', async () => {
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

test('messages that came before the end are read before its error', async () => {
  const { client } = connect(answerWith(watched('a'), ['grpc-status', '14']))
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

test('a server that answers early gets no more of the request', async () => {
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

test('an error of the messages sent ends the call with it', async () => {
  const { client, streams } = connect(() => {})
  async function* broken() {
    yield {}
    throw new ConnectError('the file is broken', Code.DataLoss)
  }
  expect((await failureOf(client.importRatings(broken()))).code).toBe(Code.DataLoss)
  expect(streams.opened[0]?.isCancelled).toBe(true)
})

test.each(standardCompressions)(
  'messages are packed by $name when it is asked for',
  async (way) => {
    const packed = await way.compress(answer.subarray(5))
    const { client, streams } = connect(
      (stream) => {
        stream.respond(200, [...head, 'grpc-encoding', way.name])
        stream.data(framed(packed, 1))
        stream.finish(ok)
      },
      { acceptCompression: standardCompressions, sendCompression: way, compressMinBytes: 0 },
    )
    expect((await client.getRating(request)).rating?.value).toBe(5)
    const [stream] = streams.opened
    expect(fieldOf(stream?.head ?? [], 'grpc-accept-encoding')).toBe('gzip,br,zstd')
    expect(fieldOf(stream?.head ?? [], 'grpc-encoding')).toBe(way.name)
    const sent = stream?.sent ?? Buffer.of()
    expect(sent[0]).toBe(1)
    const whole = await way.decompress(sent.subarray(5), 1_000)
    expect(fromBinary(GetRatingRequestSchema, whole).userId).toBe('u')
  },
)

test('a message that is too long when it is unpacked is refused, and one that is not packed', async () => {
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

test('JSON is another format', async () => {
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

test('interceptors go around unary calls and streams', async () => {
  const seen: string[] = []
  const { client, streams } = connect(answerWith(empty), {
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
    expect(fieldOf(stream.head, 'x-name')).toBe('of the interceptor')
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

function answerWith(bytes: Uint8Array | undefined, trailers = ok) {
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
