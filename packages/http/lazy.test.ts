import { describe, expect, test } from 'bun:test'
import { fakeExchange } from '@marquee/testing/fake-exchange'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { LazyHeaders } from './lazy-headers.ts'
import { lazyRequest } from './lazy-request.ts'
import { lazyResponse } from './lazy-response.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('lazy headers', () => {
  const open = (...list: string[]) => new LazyHeaders(list) as unknown as Headers

  test('lazy headers are read and changed like real ones', () => {
    for (const headers of [open(), new Headers()]) {
      headers.append('A', '1')
      headers.append('a', ' 2 ')
      headers.set('B', 'x')
      headers.set('b', 'y')
      headers.append('set-cookie', 'one')
      headers.append('set-cookie', 'two')
      headers.set('gone', '')
      headers.delete('Gone')
      expect([...headers]).toEqual([
        ['a', '1, 2'],
        ['b', 'y'],
        ['set-cookie', 'one'],
        ['set-cookie', 'two'],
      ])
      expect(headers.get('A')).toBe('1, 2')
      expect(headers.get('none')).toBeNull()
      expect(headers.has('B')).toBe(true)
      expect(headers.getSetCookie()).toEqual(['one', 'two'])
    }
  })

  test('setting a header with several values leaves one', () => {
    const headers = open('a', '1', 'b', '2', 'a', '3', 'a', '4')
    headers.set('a', '5')
    expect([...headers]).toEqual([
      ['a', '5'],
      ['b', '2'],
    ])
  })

  test('lazy headers create real ones', () => {
    const headers = open('b', '2', 'a', '1')
    expect([...new Headers([...headers])]).toEqual([...headers])
  })

  test.each([
    ['a b', 'x'],
    ['', 'x'],
    ['a', 'x\r\ny: z'],
    ['a', 'x\0'],
    ['a', '€'],
  ])('lazy headers refuse %j: %j', (name, value) => {
    for (const headers of [open(), new Headers()]) {
      expect(() => headers.set(name, value)).toThrow(TypeError)
      expect(() => headers.append(name, value)).toThrow(TypeError)
    }
  })
})

describe('a lazy request', () => {
  test('a lazy request has the method, the URL and the headers', () => {
    const exchange = fakeExchange({ target: '/a?b=c', headers: ['x-one', '1'] })
    const request = lazyRequest(exchange)
    expect(request).toBeInstanceOf(Request)
    expect(request.method).toBe('POST')
    expect(request.url).toBe('http://localhost/a?b=c')
    expect(request.headers.get('X-One')).toBe('1')
  })

  test('a lazy request without a host has a URL', () => {
    const exchange = fakeExchange({ target: '/', authority: '' })
    expect(lazyRequest(exchange).url).toBe('http://localhost/')
  })

  test('the body of a lazy request can be read', async () => {
    const body = [bytes('{"a":'), bytes('1}')]
    expect(await lazyRequest(fakeExchange({ target: '/', body })).json()).toEqual({ a: 1 })
    expect(await lazyRequest(fakeExchange({ target: '/', body })).text()).toBe('{"a":1}')
    expect(lazyRequest(fakeExchange({ target: '/', method: 'GET' })).body).toBeNull()
  })

  test('the signal of a lazy request aborts when the client leaves, early or late', () => {
    const exchange = fakeExchange({ target: '/' })
    const { signal } = lazyRequest(exchange)
    expect(signal.aborted).toBe(false)
    exchange.leave()
    expect(signal.aborted).toBe(true)
    expect(lazyRequest(exchange).signal.aborted).toBe(true)
  })

  test('a lazy request is not aborted when its response was sent', () => {
    const exchange = fakeExchange({ target: '/' })
    const { signal } = lazyRequest(exchange)
    exchange.end()
    expect(signal.aborted).toBe(false)
  })
})

describe('a lazy response', () => {
  async function* chunks() {
    yield bytes('one')
    yield bytes('two')
  }

  test('a lazy response is read like a real one', async () => {
    const make = () => lazyResponse(bytes('{"a":1}'), 201, ['a', 'b'])
    expect(make()).toBeInstanceOf(Response)
    expect(make().status).toBe(201)
    expect(make().ok).toBe(true)
    expect(make().headers.get('A')).toBe('b')
    expect(await make().json()).toEqual({ a: 1 })
    expect(await lazyResponse(chunks(), 200, []).text()).toBe('onetwo')
    expect(await lazyResponse([bytes('one'), bytes('two')], 200, []).text()).toBe('onetwo')
    expect(lazyResponse(null, 200, []).body).toBeNull()
  })

  test('a lazy response creates a real one with its headers', async () => {
    const light = lazyResponse(bytes('text'), 202, ['a', 'b', 'set-cookie', 'x', 'set-cookie', 'y'])
    const real = new Response(light.body, light)
    expect(real.status).toBe(202)
    expect([...real.headers]).toEqual([...light.headers])
    expect(await real.text()).toBe('text')
  })

  test('a lazy response works with middleware of Hono', async () => {
    const app = new Hono()
    app.use(async (c, next) => {
      await next()
      c.res.headers.set('x-after', 'yes')
    })
    app.use('/cors', cors({ origin: 'http://page.example', exposeHeaders: ['etag'] }))
    app.on(['GET', 'POST'], ['/', '/cors'], () => lazyResponse(bytes('text'), 200, ['a', 'b']))
    const plain = await app.fetch(lazyRequest(fakeExchange({ target: '/' })))
    expect([...plain.headers]).toEqual([
      ['a', 'b'],
      ['x-after', 'yes'],
    ])
    const origin = ['origin', 'http://page.example']
    const shared = await app.fetch(lazyRequest(fakeExchange({ target: '/cors', headers: origin })))
    expect(shared.headers.get('access-control-allow-origin')).toBe('http://page.example')
    expect(shared.headers.get('a')).toBe('b')
    expect(await shared.text()).toBe('text')
    const head = await app.fetch(lazyRequest(fakeExchange({ target: '/', method: 'HEAD' })))
    expect(head.status).toBe(200)
    expect(head.headers.get('a')).toBe('b')
    expect(head.body).toBeNull()
  })
})

alsoOnDenoAndNode(import.meta.filename)
