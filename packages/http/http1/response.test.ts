import { describe, expect, test } from 'bun:test'
import { once } from 'node:events'
import {
  closing,
  dialRaw,
  get,
  listenHttp1,
  parts,
  responseOf,
  sendRaw,
  untilStable,
} from '@marquee/testing/http1-client'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import type { Exchange, HeaderList } from '../exchange.ts'

alsoOnDenoAndNode(import.meta.filename)

describe('an HTTP/1.1 response', () => {
  test('a response has its headers, a date and its length', async () => {
    const { head, body } = await responseOf((exchange) => {
      exchange.respond(201, ['x-one', '1', 'x-one', '2'])
      exchange.end(Buffer.from('hello'))
    })
    expect(head.split('\r\n')[0]).toBe('HTTP/1.1 201 Created')
    expect(head).toContain('\r\nx-one: 1\r\nx-one: 2\r\n')
    expect(head).toMatch(/\r\ndate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/)
    expect(head).toContain('\r\ncontent-length: 5\r\n')
    expect(head).toContain('\r\nconnection: close\r\n')
    expect(body).toBe('hello')
  })

  test('a response keeps the date, length and status that it was given', async () => {
    const headers = ['date', 'today', 'content-length', '5']
    const { head, body } = await responseOf((exchange) => {
      exchange.respond(599, headers)
      exchange.write(Buffer.from('hel'))
      exchange.end(Buffer.from('lo'))
    })
    expect(head).toBe('HTTP/1.1 599 \r\ndate: today\r\ncontent-length: 5\r\nconnection: close\r\n')
    expect(body).toBe('hello')
  })

  test('a response without a length is chunked, with trailers when there are some', async () => {
    const { head, body } = await responseOf((exchange) => {
      exchange.respond(200, [])
      exchange.write(Buffer.from('hello'))
      exchange.write(new Uint8Array())
      exchange.end(Buffer.from(', world of chunks'), ['x-sum', '12'])
    })
    expect(head).toContain('transfer-encoding: chunked\r\n')
    expect(head).not.toContain('content-length')
    expect(body).toBe('5\r\nhello\r\n11\r\n, world of chunks\r\n0\r\nx-sum: 12\r\n\r\n')
  })

  test('a response begins at the end of the event-loop turn, with or without a body', async () => {
    await using server = await listenHttp1((exchange) => exchange.respond(200, []))
    using client = await dialRaw(server)
    client.send(get('/'))
    expect(await client.until(/\r\n\r\n/)).toContain('transfer-encoding: chunked')
  })

  test.each([
    ['GET', 204, /^HTTP\/1.1 204 No Content\r\ndate: [^\r]+\r\nconnection: close\r\n\r\n$/],
    [
      'GET',
      304,
      /^HTTP\/1.1 304 [^\r]+\r\ndate: [^\r]+\r\ncontent-length: 4\r\nconnection: close\r\n\r\n$/,
    ],
    [
      'HEAD',
      200,
      /^HTTP\/1.1 200 OK\r\ndate: [^\r]+\r\ncontent-length: 4\r\nconnection: close\r\n\r\n$/,
    ],
  ])('a response to %s with %d has no body', async (method, status, pattern) => {
    const respond = (exchange: Exchange) => {
      exchange.respond(status, [])
      exchange.end(Buffer.from('body'))
    }
    await using server = await listenHttp1(respond)
    const request = `${method} / HTTP/1.1\r\nhost: a\r\n${closing}\r\n`
    expect(await sendRaw(server, request)).toMatch(pattern)
  })

  test('a response to HTTP/1.0 is not chunked, and ends with the connection', async () => {
    const { head, body } = await responseOf((exchange) => {
      exchange.respond(200, [])
      exchange.write(Buffer.from('hello'))
      exchange.end(Buffer.from(' world'), ['x-lost', '1'])
    }, 'GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n')
    expect(head).not.toContain('transfer-encoding')
    expect(head).toContain('connection: close\r\n')
    expect(body).toBe('hello world')
  })

  test.each([
    ['a line end in a value', ['x', 'a\r\nset-cookie: b']],
    ['LF alone in a value', ['x', 'a\nb']],
    ['CR alone in a value', ['x', 'a\rb']],
    ['NUL in a value', ['x', 'a\0b']],
    ['a character that is cut to a line end', ['x', 'a\u010ab']],
    ['a line end in a name', ['x\r\ny', 'a']],
    ['a space in a name', ['x y', 'a']],
    ['an empty name', ['', 'a']],
    ['a length that is none', ['content-length', '5, 5']],
    ['two lengths', ['content-length', '5', 'content-length', '5']],
  ])('a response cannot have %s', async (_, headers: HeaderList) => {
    const errors: unknown[] = []
    const { head, body } = await responseOf((exchange) => {
      const attempts = [
        () => exchange.respond(200, headers),
        () => {
          exchange.respond(500, [])
          exchange.end(undefined, headers[0] === 'content-length' ? ['', ''] : headers)
        },
      ]
      for (const attempt of attempts) {
        try {
          attempt()
        } catch (error) {
          errors.push(error)
        }
      }
      exchange.end(Buffer.from('failed'))
    })
    expect(errors).toHaveLength(2)
    expect(errors.every((error) => error instanceof TypeError)).toBe(true)
    expect(head).toMatch(
      /^HTTP\/1.1 500 Internal Server Error\r\ndate: [^\r]+\r\n(?:content-length: 6\r\n)?connection: close\r\n$/,
    )
    expect(body).toBe('failed')
  })

  test('headers of a response that contradict the connection are left out', async () => {
    const { head } = await responseOf((exchange) => {
      exchange.respond(200, ['connection', 'x', 'keep-alive', '5', 'transfer-encoding', 'gzip'])
      exchange.end()
    })
    expect(head).toMatch(
      /^HTTP\/1.1 200 OK\r\ndate: [^\r]+\r\ncontent-length: 0\r\nconnection: close\r\n$/,
    )
  })

  test('a response may ask for the end of the connection', async () => {
    const respond = (exchange: Exchange) => {
      exchange.respond(200, ['connection', 'close'])
      exchange.end()
    }
    const { head } = await responseOf(respond, get('/'))
    expect(head).toContain('connection: close')
  })

  test('a response of another length than announced fails, for handler and client', async () => {
    const errors: unknown[] = []
    const causes: unknown[] = []
    const respond = (exchange: Exchange) => {
      exchange.onClose = (cause) => causes.push(cause)
      exchange.respond(200, ['content-length', '5'])
      try {
        exchange.end(Buffer.from(exchange.target === '/short' ? 'hi' : 'hello!'))
      } catch (error) {
        errors.push(error)
      }
    }
    await using server = await listenHttp1(respond)
    for (const path of ['/short', '/long']) {
      expect(parts(await sendRaw(server, get(path))).body).toBe('')
    }
    expect(errors).toHaveLength(2)
    expect(causes.every((cause) => cause instanceof Error)).toBe(true)
  })

  test('a client detects that an aborted response is incomplete', async () => {
    await using server = await listenHttp1((exchange) => {
      exchange.respond(200, [])
      exchange.write(Buffer.from('begun'))
      setTimeout(() => exchange.abort(), 20)
    })
    const chunked = await sendRaw(server, get('/'))
    expect(parts(chunked).body).toBe('5\r\nbegun\r\n')
    using client = await dialRaw(server)
    const reset = once(client.socket, 'error')
    client.send('GET / HTTP/1.0\r\n\r\n')
    expect(await reset).toMatchObject([{ code: 'ECONNRESET' }])
  })

  test('a response is produced no faster than the client reads it, and arrives whole', async () => {
    let written = 0
    const piece = Buffer.alloc(64 * 1024, 'x')
    const bytes = 32 * 1024 * 1024
    await using server = await listenHttp1(async (exchange) => {
      exchange.respond(200, ['content-length', `${bytes}`])
      while (written < bytes) {
        written += piece.length
        if (!exchange.write(piece)) await exchange.drained()
      }
      exchange.end()
    })
    using client = await dialRaw(server)
    client.stopReading()
    client.send(get('/', closing))
    await untilStable(() => written)
    expect(written).toBeLessThan(bytes / 2)
    client.socket.resume()
    expect(parts(await client.ended()).body).toHaveLength(bytes)
  })

  test('a response of one large piece arrives whole', async () => {
    const bytes = Buffer.alloc(5_000_001, 'y')
    const { head, body } = await responseOf((exchange) => {
      exchange.respond(200, [])
      exchange.end(bytes)
    })
    expect(head).toContain('content-length: 5000001\r\n')
    expect(body === bytes.toString('latin1')).toBe(true)
  })
})
