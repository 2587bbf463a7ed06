import { describe, expect, test } from 'bun:test'
import { fromBinary } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import {
  abortedBody,
  envelope,
  failureOf,
  messagesOf,
  request,
  setUpCalls,
  unfinished,
} from '@marquee/testing/rating-calls'
import { waitFor } from '@marquee/testing/wait-for'
import { GetRatingRequestSchema, GetRatingResponseSchema } from '../../gen/rating/v1/rating_pb.ts'

describe('a unary call', () => {
  test('the response to a unary call is one message, with headers and trailers of the handler', async () => {
    const { call, lines } = setUpCalls({
      implementation: {
        getRating({ recordId }, context) {
          context.responseHeader.set('X-Header', context.requestHeader.get('x-request') ?? '')
          context.responseTrailer.append('X-Trailer', 'b')
          return { rating: { recordId, value: 4 } }
        },
      },
    })
    const exchange = call('GetRating', [request], ['x-request', 'a'])
    await exchange.over
    const [message] = messagesOf(exchange.responseBytes)
    expect(fromBinary(GetRatingResponseSchema, message as Buffer).rating).toMatchObject({
      recordId: '1',
      value: 4,
    })
    expect(exchange.responseHeaders.slice(0, 4)).toEqual([
      'content-type',
      'application/grpc+proto',
      'x-header',
      'a',
    ])
    expect(exchange.responseTrailers).toEqual(['x-trailer', 'b', 'grpc-status', '0'])
    expect(lines).toMatchObject([{ code: 'ok', method: 'rating.v1.RatingService/GetRating' }])
  })

  test('a unary call may arrive byte by byte', async () => {
    const { call } = setUpCalls({ implementation: { getRating: () => ({ rating: { value: 4 } }) } })
    const exchange = call(
      'GetRating',
      Array.from(request, (byte) => new Uint8Array([byte])),
    )
    await exchange.over
    expect(exchange.responseTrailers).toEqual(['grpc-status', '0'])
  })

  test.each([
    ['without a message', [], Code.Unimplemented],
    ['with two messages', [request, request], Code.Unimplemented],
    ['with half a message', [request.subarray(0, 9)], Code.InvalidArgument],
    ['with a message of another type', [envelope(Buffer.from([0xff]))], Code.InvalidArgument],
    ['that breaks the rules', [envelope(Buffer.alloc(0))], Code.InvalidArgument],
    [
      'with a compressed message and no name of a compression',
      [envelope(Buffer.alloc(3), 1)],
      Code.Internal,
    ],
    ['with flags that are unknown', [envelope(Buffer.alloc(3), 2)], Code.InvalidArgument],
    ['that the client aborts', abortedBody(request.subarray(0, 3)), Code.Canceled],
  ])('a unary call %s is refused', async (_, body, code) => {
    const { call } = setUpCalls({ implementation: { getRating: () => ({}) } })
    expect(await failureOf(call('GetRating', body))).toMatchObject({ code })
  })

  test('a unary call with a message that is too large is refused at its head', async () => {
    const { call } = setUpCalls({
      implementation: { getRating: () => ({}) },
      limits: { messageBytesMax: 100 },
    })
    const exchange = call('GetRating', unfinished(Buffer.from([0, 0, 0, 0, 101])))
    expect(await failureOf(exchange)).toMatchObject({ code: Code.ResourceExhausted })
    expect(exchange.refused).toBe(true)
  })

  test('a unary call ends at its deadline, and its handler is notified', async () => {
    const seen: AbortSignal[] = []
    const { call, lines } = setUpCalls({
      implementation: {
        getRating(_, { signal, timeoutMs }) {
          seen.push(signal)
          expect(timeoutMs()).toBeLessThanOrEqual(30)
          return new Promise<never>(() => {})
        },
      },
    })
    const error = await failureOf(call('GetRating', [request], ['grpc-timeout', '30m']))
    expect(error).toMatchObject({ code: Code.DeadlineExceeded })
    expect(seen[0]?.aborted).toBe(true)
    expect(lines).toMatchObject([{ code: 'deadline_exceeded' }])
  })

  test('a unary call ends when its client leaves, and handler and log are notified', async () => {
    const entered = Promise.withResolvers<AbortSignal>()
    const { call, lines } = setUpCalls({
      implementation: {
        getRating(_, { signal }) {
          entered.resolve(signal)
          return new Promise<never>(() => {})
        },
      },
    })
    const exchange = call('GetRating', [request])
    const signal = await entered.promise
    exchange.leave()
    expect(signal.aborted).toBe(true)
    await waitFor(() => lines.length > 0 || undefined, { what: 'a line of the log' })
    expect(lines).toMatchObject([{ code: 'canceled' }])
  })

  test('an error of a unary call has its details, its metadata and any text', async () => {
    const text = 'größer: 100 % \ud800'
    const detail = { desc: GetRatingRequestSchema, value: { recordId: '1' } }
    const { call } = setUpCalls({
      implementation: {
        getRating() {
          throw new ConnectError(text, Code.NotFound, { 'x-why': 'because' }, [detail])
        },
      },
    })
    const error = await failureOf(call('GetRating', [request]))
    expect(error).toMatchObject({ code: Code.NotFound, rawMessage: text.toWellFormed() })
    expect(error.metadata.get('x-why')).toBe('because')
    expect(error.findDetails(GetRatingRequestSchema)).toMatchObject([{ recordId: '1' }])
  })
})

alsoOnDenoAndNode(import.meta.filename)
