import { describe, expect, test } from 'bun:test'
import {
  closing,
  dialRaw,
  echo,
  get,
  listenHttp1,
  parts,
  post,
  readBody,
  respondText,
  sendRaw,
  untilStable,
} from '@marquee/testing/http1-client'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { waitFor } from '@marquee/testing/wait-for'
import type { Exchange } from '../exchange.ts'

alsoOnDenoAndNode(import.meta.filename)

describe('an HTTP/1.1 request', () => {
  test('a request reaches the handler as it was sent', async () => {
    const seen: unknown[] = []
    await using server = await listenHttp1(async (exchange) => {
      const { httpVersion, method, scheme, authority, target, headers, remoteAddress } = exchange
      const body = (await readBody(exchange)).toString()
      const { trailers } = exchange.body
      seen.push({ httpVersion, method, scheme, authority, target, headers, remoteAddress })
      seen.push({ body, trailers })
      respondText(exchange, '')
    })
    await sendRaw(
      server,
      `PUT /a?b HTTP/1.1\r\nHost: c:1\r\nTransfer-Encoding: chunked\r\n${closing}\r\n` +
        '3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n',
    )
    expect(seen).toEqual([
      {
        httpVersion: '1.1',
        method: 'PUT',
        scheme: 'http',
        authority: 'c:1',
        target: '/a?b',
        headers: ['host', 'c:1', 'transfer-encoding', 'chunked', 'connection', 'close'],
        remoteAddress: '127.0.0.1',
      },
      { body: 'abcde', trailers: ['x-sum', '5'] },
    ])
  })

  test('a request that arrives byte by byte is the same', async () => {
    await using server = await listenHttp1(echo)
    using client = await dialRaw(server)
    const chunked = 'POST /2 HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n'
    const requests = `${post('hello')}${chunked}2;x\r\nab\r\n1\r\nc\r\n0\r\ny: z\r\n\r\n${get('/3', closing)}`
    for (const byte of requests) {
      client.send(byte)
      await new Promise((resolve) => setImmediate(resolve))
    }
    const text = await client.ended()
    expect(text).toContain('\r\n\r\nPOST / hello')
    expect(text).toContain('\r\n\r\nPOST /2 abc')
    expect(text).toEndWith('\r\n\r\nGET /3 ')
  })

  test('a request may follow an empty line', async () => {
    await using server = await listenHttp1(echo)
    expect(await sendRaw(server, `\r\n${get('/1')}\r\n${get('/2', closing)}`)).toEndWith('GET /2 ')
  })

  test('a client that has ended its side gets a response', async () => {
    await using server = await listenHttp1((exchange) => {
      setTimeout(() => respondText(exchange, `late ${exchange.target}`), 50)
    })
    using client = await dialRaw(server)
    client.send(get('/1') + get('/2'))
    client.end()
    const text = await client.ended()
    expect(text).toContain('late /1')
    expect(text).toContain('late /2')
  })

  test('a request that the client cuts short by ending its side gets a 400', async () => {
    const failures: unknown[] = []
    await using server = await listenHttp1((exchange) => {
      readBody(exchange).catch((error) => failures.push(error))
    })
    for (const request of ['GET / HTTP/1.1\r\nho', post('hello').slice(0, -1)]) {
      using client = await dialRaw(server)
      client.send(request)
      client.end()
      expect(await client.ended()).toMatch(
        /^HTTP\/1.1 400 Bad Request\r\n.*: send all of (it|them)\n$/s,
      )
    }
    expect(failures).toHaveLength(1)
  })

  test('the client is asked for the body only when the handler needs it', async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<Exchange>()
    await using server = await listenHttp1(arrive)
    await using other = await listenHttp1(echo)
    using client = await dialRaw(server)
    client.send(
      `POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n${closing}\r\n`,
    )
    const exchange = await arrived
    expect(await sendRaw(other, get('/', closing))).toStartWith('HTTP/1.1 200 OK')
    expect(client.received()).toBe('')
    void echo(exchange)
    await client.until(/^HTTP\/1.1 100 Continue\r\n\r\n$/)
    client.send('hello')
    expect(await client.ended()).toMatch(
      /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK\r\n.*POST \/ hello$/s,
    )
  })

  test('a client that did not wait for a 100 is not asked for the body', async () => {
    await using server = await listenHttp1(echo)
    expect(await sendRaw(server, post('hello', `expect: 100-continue\r\n${closing}`))).toStartWith(
      'HTTP/1.1 200 OK',
    )
  })

  test('a response to a client that waits for a 100 is the last one', async () => {
    await using server = await listenHttp1((exchange) => respondText(exchange, 'no', 403))
    using client = await dialRaw(server)
    client.send('POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n')
    const text = await client.ended()
    expect(text).toStartWith('HTTP/1.1 403 Forbidden')
    expect(text).toContain('connection: close')
  })

  test('a handler may respond while the request is still arriving', async () => {
    await using server = await listenHttp1(async (exchange) => {
      exchange.respond(200, [])
      for (let count = 0; count < 3; count++) {
        await exchange.body.ready()
        exchange.write(exchange.body.take() ?? Buffer.from('nothing'))
      }
      exchange.end()
    })
    using client = await dialRaw(server)
    client.send('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n')
    await client.until(/\r\n\r\n$/)
    for (const word of ['one', 'two', 'six']) {
      client.send(`3\r\n${word}\r\n`)
      await client.until(new RegExp(`3\r\n${word}\r\n`))
    }
    client.send(`0\r\n\r\n${get('/', closing)}`)
    await client.until(/0\r\n\r\nHTTP/)
  })

  test('a request body is read no faster than its handler takes it', async () => {
    let sent = 0
    const { promise: wanted, resolve: want } = Promise.withResolvers<void>()
    const piece = Buffer.alloc(64 * 1024)
    const bytes = 32 * 1024 * 1024
    await using server = await listenHttp1(async (exchange) => {
      await wanted
      respondText(exchange, `${(await readBody(exchange)).length}`)
    })
    using client = await dialRaw(server)
    client.send(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${bytes}\r\n${closing}\r\n`)
    const send = () => {
      if (sent === bytes) return
      client.socket.write(piece, () => {
        sent += piece.length
        send()
      })
    }
    send()
    await untilStable(() => sent)
    expect(sent).toBeLessThan(bytes / 2)
    want()
    expect(parts(await client.ended()).body).toBe(`${bytes}`)
  })

  test.each(['h2c', 'websocket'])(
    'a request that offers an upgrade to %s gets a normal response',
    async (name) => {
      await using server = await listenHttp1(echo)
      const headers = `upgrade: ${name}\r\nconnection: upgrade, http2-settings\r\nhttp2-settings: AAMAAABk\r\n`
      const text = await sendRaw(server, get('/1', headers) + get('/2', closing))
      expect(text).toMatch(/^HTTP\/1.1 200 OK\r\n.*GET \/1 HTTP\/1.1 200 OK\r\n.*GET \/2 $/s)
      expect(text).not.toMatch(/upgrade/i)
    },
  )

  test('an HTTP/1.0 request with keep-alive keeps its connection', async () => {
    await using server = await listenHttp1(echo)
    using client = await dialRaw(server)
    client.send('GET /1 HTTP/1.0\r\nconnection: keep-alive\r\n\r\n')
    expect(await client.until(/GET \/1 $/)).toContain('connection: keep-alive\r\n')
    client.send('GET /2 HTTP/1.0\r\n\r\n')
    expect(await client.ended()).toMatch(/connection: close\r\n\r\nGET \/2 $/)
  })
})

describe('an unread body', () => {
  test('a short unread body is dropped, and the connection is kept', async () => {
    await using server = await listenHttp1((exchange) => respondText(exchange, exchange.target))
    using client = await dialRaw(server)
    const head = 'POST /1 HTTP/1.1\r\nhost: a\r\ncontent-length: 60000\r\n\r\n'
    client.send(head)
    await client.until(/\/1$/)
    expect(client.received()).not.toContain('connection: close')
    client.send('x'.repeat(60_000) + get('/2'))
    await client.until(/\/2$/)
    client.send('POST /3 HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n')
    await client.until(/\/3$/)
    client.send(`4\r\ndefg\r\n0\r\n\r\n${get('/4', closing)}`)
    expect(await client.ended()).toEndWith('/4')
  })

  test.each([
    ['a length', 'content-length: 100000000'],
    ['chunks', 'transfer-encoding: chunked'],
  ])('a long unread body with %s ends the connection after the response', async (_, framing) => {
    await using server = await listenHttp1((exchange) => {
      exchange.body.refuse()
      respondText(exchange, 'too long', 413)
    })
    using client = await dialRaw(server)
    client.send(`POST / HTTP/1.1\r\nhost: a\r\n${framing}\r\n\r\n`)
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
    for (let count = 0; count < 40; count++) client.send(chunk)
    const text = await client.ended()
    expect(text).toMatch(/^HTTP\/1.1 413 [^\r]+\r\n.*connection: close\r\n.*too long$/s)
  })

  test('a body fails for a waiting reader once the response is sent', async () => {
    const failures: unknown[] = []
    await using server = await listenHttp1((exchange) => {
      exchange.body.ready().catch((error) => failures.push(error))
      respondText(exchange, 'early')
    })
    using client = await dialRaw(server)
    client.send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n')
    await client.until(/early/)
    await waitFor(() => failures.length === 1, { what: 'the failure of the reader' })
  })
})

/** Returns the parts of the responses in angle brackets. */
function inBrackets(text: string): (string | undefined)[] {
  return Array.from(text.matchAll(/<([^>]*)>/g), ([, one]) => one)
}

describe('pipelined requests', () => {
  test('pipelined requests get their responses in order, one after the other', async () => {
    let running = 0
    await using server = await listenHttp1(async (exchange) => {
      expect(++running).toBe(1)
      const body = await readBody(exchange)
      await new Promise((resolve) => setTimeout(resolve, exchange.target === '/0' ? 30 : 0))
      running--
      respondText(exchange, `<${exchange.target} ${body}>`)
    })
    const numbers = Array.from({ length: 100 }, (_, index) => index)
    const requests = numbers.map((number) =>
      number % 2 ? get(`/${number}`) : post(`b${number}`).replace('/', `/${number}`),
    )
    const text = await sendRaw(server, requests.join('') + get('/end', closing))
    const expected = numbers.map((number) => `/${number} ${number % 2 ? '' : `b${number}`}`)
    expect(inBrackets(text)).toEqual([...expected, '/end '])
  })

  test('many pipelined requests with immediate responses all get them', async () => {
    await using server = await listenHttp1((exchange) =>
      respondText(exchange, `<${exchange.target}>`),
    )
    const paths = Array.from({ length: 5_000 }, (_, index) => `/${index}`)
    const text = await sendRaw(server, paths.map((path) => get(path)).join('') + get('/', closing))
    expect(inBrackets(text)).toEqual([...paths, '/'])
  })

  test('pipelined requests wait while the client does not read the responses', async () => {
    let count = 0
    const large = 'x'.repeat(100_000)
    await using server = await listenHttp1((exchange) => {
      count++
      respondText(exchange, large)
    })
    using client = await dialRaw(server)
    client.stopReading()
    client.send(get('/').repeat(1_000) + get('/', closing))
    await untilStable(() => count)
    expect(count).toBeLessThan(500)
    client.socket.resume()
    await client.ended()
    expect(count).toBe(1_001)
  })
})
