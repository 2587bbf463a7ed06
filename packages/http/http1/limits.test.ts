import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  closing,
  dialRaw,
  get,
  type ListeningHttp1,
  listenHttp1,
  type RawClient,
  readBody,
  respondText,
  sendRaw,
} from '@marquee/testing/http1-client'
import { createManualClock } from '@marquee/testing/manual-clock'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { waitFor } from '@marquee/testing/wait-for'
import type { Exchange } from '../exchange.ts'
import type { Http1Limits } from './limits.ts'

alsoOnDenoAndNode(import.meta.filename)

/** Timeouts short enough for a test, and long enough for an honest client. */
const limits: Partial<Http1Limits> = {
  headTimeoutMs: 500,
  bodyTimeoutMs: 500,
  stalledTimeoutMs: 500,
  idleTimeoutMs: 400,
  closeTimeoutMs: 1_000,
}
const large = Buffer.alloc(1024 * 1024, 'x')

let server: ListeningHttp1
let ends: (Error | undefined)[] = []

beforeAll(async () => {
  server = await listenHttp1(respond, limits)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

/** `/large` responds without an end, `/body` with the length of the body. */
async function respond(exchange: Exchange): Promise<void> {
  exchange.onClose = (cause) => ends.push(cause)
  if (exchange.target !== '/large') {
    const length = await readBody(exchange).then(
      ({ length }) => `${length}`,
      () => undefined,
    )
    if (length !== undefined) respondText(exchange, length)
    return
  }
  exchange.respond(200, [])
  while (!exchange.closed) if (!exchange.write(large)) await exchange.drained()
}

/** Checks that another connection is served during an attack. */
async function servesOthers(): Promise<void> {
  expect(await sendRaw(server, get('/', closing))).toEndWith('\r\n\r\n0')
}

/**
 * Runs an attack while another client is served. Returns what the attacker got until its connection
 * was closed.
 */
async function attack(begin: (client: RawClient) => void): Promise<string> {
  ends = []
  using client = await dialRaw(server)
  begin(client)
  await servesOthers()
  return await client.ended()
}

/**
 * Sends the text again and again, as fast as the server reads it, until the connection has ended.
 */
function flood({ socket }: RawClient, text: string, pauseMs?: number): void {
  const bytes = Buffer.from(text, 'latin1')
  const send = () => {
    if (socket.destroyed || socket.readableEnded || !socket.writable) return
    const isTaken = socket.write(bytes)
    if (pauseMs !== undefined) setTimeout(send, pauseMs)
    else if (isTaken) setImmediate(send)
    else socket.once('drain', send)
  }
  send()
}

describe('a slow client', () => {
  /** Opens a server whose time the test advances, and a client of it. */
  async function setUp(text: string) {
    ends = []
    const clock = createManualClock()
    const timed = await listenHttp1(respond, limits, clock)
    const client = await dialRaw(timed)
    client.send(text)
    /** Advances the time when the server has handled everything that was sent before. */
    const pass = async (ms: number) => {
      expect(await sendRaw(timed, get('/', closing))).toEndWith('\r\n\r\n0')
      clock.advance(ms)
      expect(await sendRaw(timed, get('/', closing))).toEndWith('\r\n\r\n0')
    }
    /** Checks that the client is disconnected after this time, and not before. */
    const lastsFor = async (ms: number) => {
      await pass(ms - 20)
      expect(client.socket.readableEnded || client.socket.destroyed).toBe(false)
      clock.advance(40)
      return await client.ended()
    }
    return {
      ...{ clock, timed, client, pass, lastsFor },
      async [Symbol.asyncDispose]() {
        client[Symbol.dispose]()
        await timed[Symbol.asyncDispose]()
      },
    }
  }

  test('a client that sends nothing is disconnected without a response', async () => {
    await using slow = await setUp('')
    expect(await slow.lastsFor(500)).toBe('')
  })

  test('a client whose head does not end is disconnected (slowloris)', async () => {
    await using slow = await setUp('GET / HTTP/1.1\r\nhost: a\r\n')
    for (let count = 0; count < 4; count++) {
      slow.client.send('x: y\r\n')
      await slow.pass(100)
    }
    expect(await slow.lastsFor(100)).toStartWith('HTTP/1.1 408 Request Timeout\r\n')
  })

  test('a client that sends nothing of an expected body is disconnected', async () => {
    await using slow = await setUp('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhell')
    expect(await slow.lastsFor(500)).toStartWith('HTTP/1.1 408 Request Timeout\r\n')
    expect(ends.filter((cause) => cause instanceof Error)).toHaveLength(1)
  })

  test('a client whose body arrives slowly is served', async () => {
    const head = `POST / HTTP/1.1\r\nhost: a\r\n${closing}content-length: 10\r\n\r\n`
    await using slow = await setUp(head)
    for (let count = 0; count < 10; count++) {
      await slow.pass(450)
      slow.client.send('x')
    }
    expect(await slow.client.ended()).toEndWith('\r\n\r\n10')
  })

  test('a client that does not read its response is disconnected', async () => {
    await using slow = await setUp('')
    slow.client.stopReading()
    slow.client.send(get('/large'))
    await slow.pass(480)
    expect(ends.filter((cause) => cause !== undefined)).toEqual([])
    await waitFor(() => slow.clock.advance(10) ?? ends.some((cause) => cause !== undefined), {
      what: 'the response to fail',
    })
    await waitFor(() => slow.timed.engine.connectionCount === 0, { what: 'it to be gone' })
  })

  test('a client that reads slowly is served', async () => {
    await using slow = await setUp(get('/large'))
    for (let count = 0; count < 5; count++) {
      slow.client.stopReading()
      await slow.pass(450)
      const { bytesRead } = slow.client.socket
      slow.client.socket.resume()
      const readMore = () => slow.client.socket.bytesRead > bytesRead + 16 * large.length
      await waitFor(readMore, { what: 'the client to read', intervalMs: 2 })
    }
    expect(ends.filter((cause) => cause !== undefined)).toEqual([])
  })

  test('a client that is idle after a response is disconnected', async () => {
    await using slow = await setUp(get('/'))
    await slow.client.until(/\r\n\r\n0$/)
    await slow.lastsFor(400)
  })

  test('a client that does not close after the last response is disconnected', async () => {
    await using slow = await setUp(get('/', closing))
    await slow.client.ended()
    slow.clock.advance(980)
    expect(slow.timed.engine.connectionCount).toBe(1)
    slow.clock.advance(40)
    expect(slow.timed.engine.connectionCount).toBe(0)
  })
})

describe('a client that sends too much', () => {
  test.each([
    ['a request line', 'GET /', 'a', 414],
    ['one header', 'GET / HTTP/1.1\r\nhost: a\r\nx: ', 'a', 431],
    ['headers', 'GET / HTTP/1.1\r\nhost: a\r\n', 'x: y\r\n', 431],
    ['names of headers', 'GET / HTTP/1.1\r\nhost: a\r\n', 'x', 431],
    [
      'a trailer',
      'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n',
      'x: y\r\n',
      431,
    ],
    [
      'an extension of a chunk',
      'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1;',
      'a',
      400,
    ],
    [
      'chunks with more extension than data',
      'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n',
      `1;${'a'.repeat(200)}\r\nx\r\n`,
      400,
    ],
  ])('a client that sends %s without an end is disconnected', async (_, start, text, status) => {
    const responseOf = await attack((client) => {
      client.send(start)
      flood(client, text.repeat(1_000))
    })
    expect(responseOf).toStartWith(`HTTP/1.1 ${status} `)
    expect(responseOf).toContain('\r\nconnection: close\r\n')
  })

  test('a client that sends nothing but empty lines is disconnected', async () => {
    await attack((client) => flood(client, '\r\n\r\n'.repeat(1_000)))
  })

  test('a body that no handler takes is held back while other clients are served', async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<Exchange>()
    await using quiet = await listenHttp1(arrive, limits)
    using client = await dialRaw(quiet)
    client.send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000000\r\n\r\n')
    flood(client, 'x'.repeat(64 * 1024))
    const exchange = await arrived
    await waitFor(() => client.socket.writableLength > 0, { what: 'the client to be held back' })
    const pieces: Uint8Array[] = []
    for (let piece = exchange.body.take(); piece; piece = exchange.body.take()) pieces.push(piece)
    const bytes = pieces.reduce((sum, { length }) => sum + length, 0)
    expect(bytes).toBeGreaterThan(0)
    expect(bytes).toBeLessThanOrEqual(128 * 1024)
  })

  test('pipelined requests are held back while one is in flight', async () => {
    let count = 0
    await using busy = await listenHttp1(() => {
      count++
    }, limits)
    using client = await dialRaw(busy)
    flood(client, get('/').repeat(1_000))
    await waitFor(() => client.socket.writableLength > 0, { what: 'the client to be held back' })
    expect(count).toBe(1)
  })

  test('pipelined requests with immediate responses leave time for others', async () => {
    using client = await dialRaw(server)
    flood(client, get('/').repeat(1_000), 1)
    client.stopReading()
    await servesOthers()
    client.socket.resume()
    await servesOthers()
  })

  test('a client that sends after the last response is paused, and gets it', async () => {
    await using refusing = await listenHttp1((exchange) => {
      exchange.body.refuse()
      respondText(exchange, 'no', 413)
    }, limits)
    using client = await dialRaw(refusing)
    client.send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000000\r\n\r\n')
    flood(client, 'x'.repeat(64 * 1024))
    expect(await client.ended()).toMatch(/^HTTP\/1.1 413 .*\r\n\r\nno$/s)
    await waitFor(() => refusing.engine.connectionCount === 0, { what: 'it to be gone' })
  })

  test('a client that sends less of an unread body than it announced is disconnected', async () => {
    await using early = await listenHttp1((exchange) => respondText(exchange, 'early'), limits)
    using client = await dialRaw(early)
    client.send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhell')
    expect(await client.ended()).toEndWith('early')
  })

  test('a client is disconnected when too many bytes of its chunks are dropped', async () => {
    await using early = await listenHttp1((exchange) => respondText(exchange, 'early'), limits)
    using client = await dialRaw(early)
    client.send('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n')
    flood(client, `1000\r\n${'x'.repeat(4096)}\r\n`, 1)
    expect(await client.ended()).toEndWith('early')
  })
})

describe('a connection over its limits', () => {
  test('a connection at its maximum age closes after a response', async () => {
    const clock = createManualClock()
    const respond = (exchange: Exchange) => respondText(exchange, exchange.target)
    await using young = await listenHttp1(respond, { ageMaxMs: 1_000 }, clock)
    using client = await dialRaw(young)
    for (const [path, passedMs] of Object.entries({ '/young': 880, '/aging': 240, '/old': 0 })) {
      client.send(get(path))
      await client.until(new RegExp(`${path}$`))
      clock.advance(passedMs)
    }
    expect(await client.ended()).toMatch(/^(?:(?!close).)*connection: close\r\n\r\n\/old$/s)
  })

  test('the number of requests on a connection is limited', async () => {
    await using busy = await listenHttp1((exchange) => respondText(exchange, exchange.target), {
      requestCountMax: 10,
    })
    const text = await sendRaw(busy, get('/').repeat(20))
    const count = text.match(/HTTP\/1.1 200/g)?.length
    expect(count).toBeGreaterThanOrEqual(9)
    expect(count).toBeLessThanOrEqual(12)
    expect(text).toMatch(/connection: close\r\n\r\n\/$/)
  })
})

describe('an ambiguous request', () => {
  const smuggled = get('/smuggled')
  test.each([
    ['a length and chunks', `content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['chunks that are not chunked', `transfer-encoding: xchunked\r\n\r\n0\r\n\r\n`],
    [
      'a hidden transfer-encoding',
      `content-length: 5\r\ntransfer-encoding : chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['a folded transfer-encoding', `transfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n`],
    ['two lengths', `content-length: 0\r\ncontent-length: ${smuggled.length}\r\n\r\n`],
    ['LF for a line end', `x: y\ncontent-length: ${smuggled.length}\r\n\r\n`],
    ['LF after the size of a chunk', `transfer-encoding: chunked\r\n\r\n0\n\n`],
    ['LF in an extension', `transfer-encoding: chunked\r\n\r\n2;\nxx\r\n0\r\n\r\n`],
  ])('a request that is ambiguous by %s is refused and hides no other', async (_, rest) => {
    const targets: string[] = []
    await using strict = await listenHttp1(async (exchange) => {
      targets.push(exchange.target)
      const isWhole = await readBody(exchange).then(
        () => true,
        () => false,
      )
      if (isWhole) respondText(exchange, exchange.target)
    })
    const text = await sendRaw(strict, `POST / HTTP/1.1\r\nhost: a\r\n${rest}${smuggled}`)
    expect(text).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/)
    expect(text.match(/HTTP\/1.1/g)).toHaveLength(1)
    expect(targets).not.toContain('/smuggled')
  })
})
