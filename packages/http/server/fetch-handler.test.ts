import { describe, expect, test } from 'bun:test'
import { type FakeRequest, fakeExchange } from '@marquee/testing/fake-exchange'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { pino } from 'pino'
import { lazyResponse } from '../lazy-response.ts'
import { createFetchHandler } from './fetch-handler.ts'
import type { FetchApp } from './port.ts'

const log = pino({ level: 'silent' })
const bytes = (text: string) => new TextEncoder().encode(text)

const turn = () => new Promise((resolve) => setImmediate(resolve))

function ask(fetch: FetchApp['fetch'], request: Partial<FakeRequest> = {}) {
  const exchange = fakeExchange({ target: '/', ...request })
  createFetchHandler({ app: { fetch }, log })(exchange)
  return exchange
}

describe('a response of the app', () => {
  test('a response is sent as it is, with the trailers of its handler', async () => {
    const exchange = ask((_, env) => {
      env.trailers = () => ['grpc-status', '0']
      return lazyResponse(bytes('body'), 201, ['a', 'b'])
    })
    await exchange.over
    expect(exchange.status).toBe(201)
    expect(exchange.responseHeaders).toEqual(['a', 'b'])
    expect(exchange.responseBytes.toString()).toBe('body')
    expect(exchange.responseTrailers).toEqual(['grpc-status', '0'])
  })

  test('a response may have several pieces', async () => {
    const exchange = ask(() => lazyResponse([bytes('one'), bytes('two')], 200, []))
    await exchange.over
    expect(exchange.responseBytes.toString()).toBe('onetwo')
  })

  test('a response may be a Response, with its cookies apart', async () => {
    const exchange = ask(async () => {
      const headers = new Headers([
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ])
      return new Response('body', { headers })
    })
    await exchange.over
    expect(exchange.responseBytes.toString()).toBe('body')
    const { responseHeaders } = exchange
    const cookies = responseHeaders.filter((_, index, all) => all[index - 1] === 'set-cookie')
    expect(cookies).toEqual(['a=1', 'b=2'])
  })

  test('a response is sent chunk by chunk, and its trailers are read at the end', async () => {
    let sent = 0
    const exchange = ask((_, env) => {
      env.trailers = () => ['x-sent', String(sent)]
      const source = (async function* () {
        for (const text of ['one', 'two', 'three']) {
          sent++
          yield bytes(text)
        }
      })()
      return lazyResponse(source, 200, [])
    })
    await exchange.over
    expect(exchange.responseBytes.toString()).toBe('onetwothree')
    expect(exchange.responseTrailers).toEqual(['x-sent', '3'])
  })

  test('a response over HTTP/2 has no headers about the connection', async () => {
    const headers = ['a', '1', 'connection', 'close', 'keep-alive', 'x', 'b', '2']
    const headersBy = async (httpVersion: '1.1' | '2') => {
      const exchange = ask(() => lazyResponse(null, 200, [...headers]), { httpVersion })
      await exchange.over
      return exchange.responseHeaders
    }
    expect(await headersBy('2')).toEqual(['a', '1', 'b', '2'])
    expect(await headersBy('1.1')).toEqual(headers)
  })

  test('a response is aborted when its source fails', async () => {
    const exchange = ask(() => {
      const source = (async function* () {
        yield bytes('one')
        throw new Error('no more')
      })()
      return lazyResponse(source, 200, [])
    })
    await exchange.over
    expect(exchange.aborted).toBe(true)
  })
})

describe('a client that leaves', () => {
  test('a client that leaves ends the source of its response, even while that waits', async () => {
    const cancelled = Promise.withResolvers<void>()
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytes('one')),
      cancel: () => cancelled.resolve(),
    })
    const exchange = ask(() => new Response(body))
    await turn()
    await turn()
    exchange.leave()
    await cancelled.promise
  })

  test('a client that leaves before its request starts does not reach the app', async () => {
    let askedCount = 0
    const exchange = ask(() => {
      askedCount++
      return new Response()
    })
    exchange.leave()
    await turn()
    expect(askedCount).toBe(0)
  })

  test('a client that leaves before the response has it discarded', async () => {
    const returned = Promise.withResolvers<void>()
    const response = Promise.withResolvers<Response>()
    const exchange = ask(() => response.promise)
    await turn()
    exchange.leave()
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false as const, value: bytes('x') }),
        async return() {
          returned.resolve()
          return { done: true as const, value: undefined }
        },
      }),
    }
    response.resolve(lazyResponse(source, 200, []))
    await returned.promise
    expect(exchange.status).toBe(0)
  })
})

describe('an app that fails', () => {
  const fail = () => {
    throw new Error('secret')
  }
  test.each([
    ['by throwing', fail],
    ['by rejecting', async () => fail()],
  ])('an app that fails %s gives a 500, and only the log has the error', async (_, fetch) => {
    const exchange = ask(fetch)
    await exchange.over
    expect(exchange.status).toBe(500)
    expect(exchange.responseBytes.toString()).toBe('')
  })
})

describe('a request without a valid URL', () => {
  const statusOf = async (request: Partial<FakeRequest>) => {
    const exchange = ask(({ url }) => new Response(url), { method: 'GET', ...request })
    await exchange.over
    return exchange.status
  }

  test('a request without a valid URL is refused with its status', async () => {
    expect(await statusOf({ method: 'CONNECT' })).toBe(501)
    for (const target of ['', 'a', '/a b', '/\u{e9}', '/a\0', '*b']) {
      expect([target, await statusOf({ target })]).toEqual([target, 400])
    }
    for (const authority of ['a b', 'a/b', 'a@b', 'a:b', 'a:123456', '[::1', 'a?b', 'a#b']) {
      expect([authority, await statusOf({ authority })]).toEqual([authority, 400])
    }
  })

  test('a request with an unusual host is served', async () => {
    for (const authority of ['', 'localhost', 'a.b:80', '127.0.0.1:8081', '[::1]:80', '[::1]']) {
      const exchange = ask(({ url }) => new Response(url), { method: 'GET', authority })
      await exchange.over
      expect([authority, exchange.status]).toEqual([authority, 200])
    }
  })
})

alsoOnDenoAndNode(import.meta.filename)
