import { describe, expect, test } from 'bun:test'
import type { Message } from '@bufbuild/protobuf'
import type { Interceptor } from '@connectrpc/connect'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { item, request, setUpCalls, watchRequest } from '@marquee/testing/rating-calls'

describe('interceptors', () => {
  const mark =
    (name: string, seen: string[]): Interceptor =>
    (next) =>
    async (request) => {
      seen.push(`${name} ${request.stream} ${request.method.name}`)
      const header = new Headers(request.header)
      header.append('x-seen', name)
      const response = await next({ ...request, header })
      response.trailer.append('x-passed', name)
      return response
    }

  test.each([
    ['GetRating', request],
    ['WatchAggregatedRatings', watchRequest],
    ['ImportRatings', item],
  ])('interceptors wrap %s, the first outermost', async (method, body) => {
    const seen: string[] = []
    const record = (headers: Headers): Message => {
      seen.push(headers.get('x-seen') ?? '')
      return {} as Message
    }
    const { call } = setUpCalls({
      interceptors: [mark('outer', seen), mark('inner', seen)],
      implementation: {
        getRating: (_, { requestHeader }) => record(requestHeader) as never,
        async *watchAggregatedRatings(_, { requestHeader }) {
          yield record(requestHeader) as never
        },
        async importRatings(requests, { requestHeader }) {
          for await (const _ of requests);
          return record(requestHeader) as never
        },
      },
    })
    const exchange = call(method, [body])
    await exchange.over
    const stream = method !== 'GetRating'
    expect(seen).toEqual([`outer ${stream} ${method}`, `inner ${stream} ${method}`, 'outer, inner'])
    expect(exchange.responseTrailers).toEqual([
      'x-passed',
      'inner',
      'x-passed',
      'outer',
      'grpc-status',
      '0',
    ])
  })
})

alsoOnDenoAndNode(import.meta.filename)
