import { describe, expect, test } from 'bun:test'
import { setTimeout as delay } from 'node:timers/promises'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import type { FakeExchange } from '@marquee/testing/fake-exchange'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import {
  envelope,
  failureOf,
  item,
  messagesOf,
  type Rating,
  setUpCalls,
  unfinished,
  watchRequest,
} from '@marquee/testing/rating-calls'
import { waitFor } from '@marquee/testing/wait-for'
import {
  ImportRatingsRequestSchema,
  ImportRatingsResponseSchema,
} from '../../gen/rating/v1/rating_pb.ts'

function someBytes(exchange: FakeExchange): Promise<true> {
  return waitFor(() => exchange.responseBytes.length > 0 || undefined, { what: 'a message' })
}

describe('a response stream', () => {
  test('a response stream is sent in few chunks when its messages come at once', async () => {
    const { call, chunkLengths } = setUpCalls({
      implementation: {
        async *watchAggregatedRatings() {
          for (let n = 0; n < 1_000; n++) yield {}
        },
      },
    })
    const exchange = call('WatchAggregatedRatings', [watchRequest])
    await exchange.over
    expect(messagesOf(exchange.responseBytes)).toHaveLength(1_000)
    expect(chunkLengths.length).toBeLessThan(10)
    expect(exchange.responseTrailers).toEqual(['grpc-status', '0'])
  })

  test('a response stream has the messages before an invalid one', async () => {
    const { call } = setUpCalls({
      implementation: {
        async *watchAggregatedRatings() {
          yield {}
          yield { aggregatedRating: { count: 'many' } } as never
        },
      },
    })
    const exchange = call('WatchAggregatedRatings', [watchRequest])
    await exchange.over
    expect(messagesOf(exchange.responseBytes)).toHaveLength(1)
    expect(exchange.responseTrailers).toContain(String(Code.Internal))
  })

  test('a response stream is sent message by message when they come one by one', async () => {
    const gate = Promise.withResolvers<void>()
    const { call } = setUpCalls({
      implementation: {
        async *watchAggregatedRatings() {
          yield {}
          await gate.promise
          yield {}
        },
      },
    })
    const exchange = call('WatchAggregatedRatings', [watchRequest])
    await someBytes(exchange)
    expect(messagesOf(exchange.responseBytes)).toHaveLength(1)
    gate.resolve()
    await exchange.over
    expect(messagesOf(exchange.responseBytes)).toHaveLength(2)
  })

  test('a response stream that fails ends with its error after its messages', async () => {
    const { call, lines } = setUpCalls({
      implementation: {
        async *watchAggregatedRatings() {
          yield {}
          throw new ConnectError('no more', Code.Aborted)
        },
      },
    })
    const exchange = call('WatchAggregatedRatings', [watchRequest])
    expect(await failureOf(exchange)).toMatchObject({ code: Code.Aborted, rawMessage: 'no more' })
    expect(messagesOf(exchange.responseBytes)).toHaveLength(1)
    expect(lines).toMatchObject([{ code: 'aborted' }])
  })

  test('a response stream fails when its iterator throws', async () => {
    const { call, lines } = setUpCalls({
      implementation: {
        watchAggregatedRatings: () => ({
          [Symbol.asyncIterator]: () => ({
            next() {
              throw new Error('no')
            },
          }),
        }),
      },
    })
    const exchange = call('WatchAggregatedRatings', [watchRequest])
    expect(await failureOf(exchange)).toMatchObject({ code: Code.Internal })
    expect(lines).toMatchObject([{ code: 'internal' }])
  })

  test.each(['the client leaves', 'the process shuts down'])(
    'a stream stops its handler when %s',
    async (what) => {
      const began = Promise.withResolvers<void>()
      const returned = Promise.withResolvers<void>()
      const { call, draining, lines } = setUpCalls({
        implementation: {
          async *watchAggregatedRatings(_, { signal }) {
            try {
              began.resolve()
              for (;;) {
                yield {}
                await delay(1, undefined, { signal }).catch(() => {})
              }
            } finally {
              returned.resolve()
            }
          },
        },
      })
      const exchange = call('WatchAggregatedRatings', [watchRequest])
      await began.promise
      if (what === 'the client leaves') exchange.leave()
      else draining.abort(new ConnectError('the service is shutting down', Code.Unavailable))
      await Promise.all([returned.promise, exchange.over])
      await waitFor(() => lines.length > 0, { what: 'the line of the log' })
      expect(lines).toMatchObject([
        { code: what === 'the client leaves' ? 'canceled' : 'unavailable' },
      ])
    },
  )
})

describe('a request stream', () => {
  const implementation: Rating = {
    async importRatings(requests) {
      let createdCount = 0n
      for await (const _ of requests) createdCount++
      return { createdCount }
    },
  }

  test.each([1, 7, 10_000])(
    'a request stream is read however it is split: by %d bytes',
    async (length) => {
      const all = Buffer.concat(Array.from({ length: 100 }, () => item))
      const chunks: Uint8Array[] = []
      for (let at = 0; at < all.length; at += length) chunks.push(all.subarray(at, at + length))
      const { call } = setUpCalls({ implementation })
      const exchange = call('ImportRatings', chunks)
      await exchange.over
      const [message] = messagesOf(exchange.responseBytes)
      const { createdCount } = fromBinary(ImportRatingsResponseSchema, message as Buffer)
      expect(createdCount).toBe(100n)
    },
  )

  test('a message that is too large ends the call, even if the handler catches the error', async () => {
    const { call } = setUpCalls({
      limits: { messageBytesMax: 100 },
      implementation: {
        async importRatings(requests) {
          try {
            for await (const _ of requests);
          } catch {
            await new Promise<never>(() => {})
          }
          return {}
        },
      },
    })
    const exchange = call('ImportRatings', unfinished(item, Buffer.from([0, 0, 0, 1, 0])))
    expect(await failureOf(exchange)).toMatchObject({ code: Code.ResourceExhausted })
    expect(exchange.refused).toBe(true)
  })

  test('the rest of a request stream is refused when the handler has responded', async () => {
    const { call } = setUpCalls({ implementation: { importRatings: async () => ({}) } })
    const exchange = call('ImportRatings', unfinished(item))
    await exchange.over
    expect(exchange.responseTrailers).toEqual(['grpc-status', '0'])
    expect(exchange.refused).toBe(true)
  })

  test('a request stream has its messages in order when several are requested at once', async () => {
    const ids: (string | undefined)[] = []
    const { call } = setUpCalls({
      implementation: {
        async importRatings(requests) {
          const messages = requests[Symbol.asyncIterator]()
          const all = await Promise.all([messages.next(), messages.next(), messages.next()])
          for (const { value } of all) ids.push(value?.rating?.recordId)
          return {}
        },
      },
    })
    async function* late() {
      for (const recordId of ['a', 'b']) {
        await delay(1)
        const message = create(ImportRatingsRequestSchema, { rating: { recordId } })
        yield envelope(toBinary(ImportRatingsRequestSchema, message))
      }
    }
    await call('ImportRatings', late()).over
    expect(ids).toEqual(['a', 'b', undefined])
  })
})

alsoOnDenoAndNode(import.meta.filename)
