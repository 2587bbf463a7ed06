import { describe, expect, test } from 'bun:test'
import {
  closing,
  dialRaw,
  echo,
  get,
  listenHttp1,
  post,
  respondText,
  sendRaw,
} from '@marquee/testing/http1-client'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { waitFor } from '@marquee/testing/wait-for'
import type { Exchange } from '../exchange.ts'

alsoOnDenoAndNode(import.meta.filename)

describe('onClose of an HTTP/1.1 exchange', () => {
  test('an exchange ends without a cause when the response was sent', async () => {
    const ends: unknown[] = []
    await using server = await listenHttp1((exchange) => {
      exchange.onClose = (cause) => ends.push(cause)
      respondText(exchange, '')
      expect(exchange.closed).toBe(true)
      // Calls that come too late do nothing.
      exchange.respond(500, [])
      expect(exchange.write(Buffer.from('x'))).toBe(true)
      exchange.end()
      exchange.abort()
    })
    expect(await sendRaw(server, get('/', closing))).not.toContain('500')
    expect(ends).toEqual([undefined])
  })

  test.each(['resets the connection', 'closes it', 'closes it while it sends'])(
    'an exchange ends with a cause when the client %s',
    async (how) => {
      const { promise, resolve } = Promise.withResolvers<Exchange>()
      const { promise: left, resolve: leave } = Promise.withResolvers<Error | undefined>()
      const respond = (exchange: Exchange) => {
        exchange.onClose = leave
        resolve(exchange)
      }
      await using server = await listenHttp1(respond, { halfClosedTimeoutMs: 50 })
      using client = await dialRaw(server)
      client.send(how === 'closes it while it sends' ? post('hello').slice(0, -1) : get('/'))
      const exchange = await promise
      if (how === 'resets the connection') client.socket.resetAndDestroy()
      else client.socket.destroy()
      expect(await left).toBeInstanceOf(Error)
      expect(exchange.closed).toBe(true)
      await exchange.drained()
      await waitFor(() => server.engine.connectionCount === 0, { what: 'it to be gone' })
    },
  )

  test('an exchange ends when a write reaches a client that has closed', async () => {
    const { promise: left, resolve: leave } = Promise.withResolvers<Error | undefined>()
    await using server = await listenHttp1((exchange) => {
      exchange.onClose = leave
      exchange.respond(200, [])
      const timer = setInterval(() => {
        if (exchange.closed) clearInterval(timer)
        else exchange.write(Buffer.from('tick'))
      }, 10)
    })
    using client = await dialRaw(server)
    client.send(get('/'))
    await client.until(/tick/)
    client.socket.destroy()
    expect(await left).toBeInstanceOf(Error)
  })

  test('an exchange continues for a half-closed client that reads what is sent', async () => {
    const respond = (exchange: Exchange) => {
      exchange.respond(200, [])
      let count = 0
      const timer = setInterval(() => {
        if (++count < 20) exchange.write(Buffer.from('tick'))
        else {
          clearInterval(timer)
          exchange.end(Buffer.from('done'))
        }
      }, 10)
    }
    await using server = await listenHttp1(respond, { halfClosedTimeoutMs: 50 })
    using client = await dialRaw(server)
    client.send(get('/'))
    client.end()
    expect(await client.ended()).toContain('done')
  })
})

describe('draining an HTTP/1.1 server', () => {
  test('draining finishes responses, serves arriving requests, and closes the idle', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    await using server = await listenHttp1(async (exchange) => {
      if (exchange.target === '/slow') await gate
      respondText(exchange, exchange.target)
    })
    using busy = await dialRaw(server)
    busy.send(get('/slow'))
    using kept = await dialRaw(server)
    kept.send(get('/first'))
    await kept.until(/\/first$/)
    using fresh = await dialRaw(server)
    using partial = await dialRaw(server)
    partial.send('GET /part')
    await waitFor(() => server.engine.connectionCount === 4, { what: 'four connections' })
    await new Promise((resolve) => setTimeout(resolve, 20))
    const drained = server.engine.drain()
    kept.send(get('/second'))
    partial.send('ial HTTP/1.1\r\nhost: a\r\n\r\n')
    expect(await kept.ended()).toMatch(/connection: close\r\n\r\n\/second$/)
    expect(await partial.ended()).toMatch(/connection: close\r\n\r\n\/partial$/)
    expect(await fresh.ended()).toBe('')
    for (const { end } of [kept, partial, fresh]) end()
    await waitFor(() => server.engine.connectionCount === 1, { what: 'three to have gone' })
    open()
    expect(await busy.ended()).toMatch(/connection: close\r\n\r\n\/slow$/)
    busy.end()
    await drained
    expect(server.engine.connectionCount).toBe(0)
  })

  test('draining without connections ends at once, and later ones are closed', async () => {
    await using server = await listenHttp1(echo)
    await server.engine.drain()
    expect(await sendRaw(server, get('/'))).toContain('connection: close')
  })

  test('destroying closes open connections, and notifies their handlers', async () => {
    const { promise: left, resolve: leave } = Promise.withResolvers<Error | undefined>()
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>()
    await using server = await listenHttp1((exchange) => {
      exchange.onClose = leave
      arrive()
    })
    using client = await dialRaw(server)
    client.send(get('/'))
    await arrived
    server.engine.destroy()
    expect(await left).toBeInstanceOf(Error)
    await client.ended()
    expect(server.engine.connectionCount).toBe(0)
  })
})
