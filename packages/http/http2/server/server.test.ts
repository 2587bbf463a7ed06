import { describe, expect, test } from 'bun:test'
import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import { createManualClock } from '@marquee/testing/manual-clock'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { waitFor } from '@marquee/testing/wait-for'
import type { Exchange, Respond } from '../../exchange.ts'
import { headerOf } from '../../header-list.ts'
import { settingId, settingsPayload } from '../frames/settings.ts'
import { errorCode, frameFlag, frameType } from '../frames/wire.ts'
import { type Frame, serveFrames } from '../testing/frames-peer.ts'

const grpc = ['content-type', 'application/grpc']
const { endStream, endHeaders, padded } = frameFlag
/** Time within which clients such as curl and gRPC are asked to stop. */
const quickly = { refusalDelayMs: 20, sweepIntervalMs: 10 }

/** Takes the whole body. */
async function bodyOf({ body }: Exchange): Promise<string> {
  let text = ''
  for (;;) {
    for (let chunk = body.take(); chunk; chunk = body.take()) text += Buffer.from(chunk).toString()
    if (body.ended) return text
    await body.ready()
  }
}

/** Responds with the body of the request. */
async function echo(exchange: Exchange): Promise<void> {
  try {
    const text = await bodyOf(exchange)
    exchange.respond(200, ['content-type', 'text/plain'])
    exchange.end(Buffer.from(text))
  } catch {
    exchange.abort()
  }
}

function textOf(frames: readonly Frame[]): string {
  return frames
    .filter(({ type }) => type === frameType.data)
    .map(({ payload }) => payload.toString())
    .join('')
}

const kinds = (frames: readonly Frame[]) => frames.map(({ type, flags }) => [type, flags])

test('an exchange has what the client has sent', async () => {
  await using server = await serveFrames((exchange) => exchange.end())
  await using peer = await server.peer()
  peer.request(1, [
    ...[':method', 'BREW', ':scheme', 'http', ':authority', 'pot', ':path', '/a?b'],
    ...['x-a', '1', 'x-b', '2', 'x-a', '3'],
  ])
  const exchange = await waitFor(() => server.exchanges[0], { what: 'the exchange' })
  const { httpVersion, method, scheme, authority, target, headers, remoteAddress } = exchange
  expect({ httpVersion, method, scheme, authority, target, headers, remoteAddress }).toEqual({
    httpVersion: '2',
    method: 'BREW',
    scheme: 'http',
    authority: 'pot',
    target: '/a?b',
    headers: ['x-a', '1', 'x-b', '2', 'x-a', '3'],
    remoteAddress: '127.0.0.1',
  })
})

describe('an HTTP/2 response', () => {
  test('a response with trailers is HEADERS, DATA, HEADERS', async () => {
    await using server = await serveFrames((exchange) => {
      exchange.respond(200, grpc)
      exchange.end(Buffer.from('hello'), ['grpc-status', '0'])
    })
    await using peer = await server.peer()
    peer.request(1)
    const frames = await peer.response(1)
    expect(kinds(frames)).toEqual([
      [frameType.headers, endHeaders],
      [frameType.data, 0],
      [frameType.headers, endHeaders | endStream],
    ])
    const date = expect.any(String)
    expect(frames[0]?.headers).toEqual([':status', '200', 'date', date, ...grpc])
    expect(textOf(frames)).toBe('hello')
    expect(frames[2]?.headers).toEqual(['grpc-status', '0'])
  })

  test('a response has a date, and keeps one that it was given', async () => {
    const given = 'Sat, 28 Nov 2026 12:00:00 GMT'
    const responses = [[], ['date', given]]
    await using server = await serveFrames((exchange) => {
      exchange.respond(200, responses.shift() ?? [])
      exchange.end()
    })
    await using peer = await server.peer()
    const dates: (string | undefined)[] = []
    for (const streamId of [1, 3]) {
      peer.request(streamId)
      const [frame] = await peer.response(streamId)
      dates.push(headerOf(frame?.headers ?? [], 'date'))
    }
    expect(dates[0]).toMatch(/^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/)
    expect(dates[1]).toBe(given)
  })

  test('a response without a body is HEADERS alone', async () => {
    await using server = await serveFrames((exchange) => {
      exchange.respond(204, [])
      exchange.end()
    })
    await using peer = await server.peer()
    peer.request(1)
    expect(kinds(await peer.response(1))).toEqual([[frameType.headers, endHeaders | endStream]])
  })

  test('a response without trailers ends with its last DATA when it can', async () => {
    await using server = await serveFrames((exchange) => {
      exchange.respond(200, [])
      exchange.write(Buffer.from('a'))
      exchange.write(Buffer.from('b'))
      exchange.end()
    })
    await using peer = await server.peer()
    peer.request(1)
    const frames = await peer.response(1)
    expect(kinds(frames).slice(1)).toEqual([
      [frameType.data, 0],
      [frameType.data, endStream],
    ])
  })

  test('a response ends with empty DATA when everything before is sent', async () => {
    await using server = await serveFrames((exchange) => {
      exchange.respond(200, [])
      exchange.write(Buffer.from('a'))
      setTimeout(() => exchange.end(), 20)
    })
    await using peer = await server.peer()
    peer.request(1)
    const frames = await peer.response(1)
    expect(kinds(frames).slice(1)).toEqual([
      [frameType.data, 0],
      [frameType.data, endStream],
    ])
    expect(frames.at(-1)?.payload.length).toBe(0)
  })

  test('a response with headers longer than a frame continues in CONTINUATION', async () => {
    const long = ['x-long', 'v'.repeat(40_000)]
    await using server = await serveFrames((exchange) => {
      exchange.respond(200, long)
      exchange.end()
    })
    await using peer = await server.peer()
    peer.request(1)
    const last = await peer.next(
      ({ type, flags }) => type === frameType.continuation && flags === endHeaders,
    )
    const blocks = peer.frames.filter(({ streamId }) => streamId === 1)
    expect(blocks.map(({ type }) => type)).toEqual([1, 9, ...(blocks.length > 2 ? [9] : [])])
    expect(blocks[0]?.flags).toBe(endStream)
    expect(last.payload.length).toBeLessThanOrEqual(16_384)
  })

  test('an exchange ends without a cause when the whole response was sent', async () => {
    const events: unknown[] = []
    await using server = await serveFrames((exchange) => {
      exchange.onClose = (cause) => events.push(cause)
      exchange.respond(200, [])
      exchange.end(Buffer.from('x'))
      expect(exchange.closed).toBe(true)
    })
    await using peer = await server.peer()
    peer.request(1)
    await peer.response(1)
    peer.socket.destroy()
    await waitFor(() => server.http2.connectionCount === 0, { what: 'the end' })
    expect(events).toEqual([undefined])
  })

  test('an aborted response is reset', async () => {
    const events: unknown[] = []
    await using server = await serveFrames((exchange) => {
      exchange.onClose = (cause) => events.push(cause)
      exchange.respond(200, [])
      exchange.write(Buffer.from('half'))
      exchange.abort()
    })
    await using peer = await server.peer()
    peer.request(1)
    expect(await peer.resetCode(1)).toBe(errorCode.internalError)
    expect(events).toEqual([expect.any(Error)])
  })
})

describe('the body of an HTTP/2 request', () => {
  test('a body that arrived with its head is available when the handler starts', async () => {
    const seen: unknown[] = []
    await using server = await serveFrames((exchange) => {
      seen.push(exchange.body.take()?.toString(), exchange.body.ended)
      exchange.respond(200, [])
      exchange.end()
    })
    await using peer = await server.peer()
    peer.socket.cork()
    peer.request(1, [], false)
    peer.data(1, 'hello', true)
    peer.socket.uncork()
    await peer.response(1)
    expect(seen).toEqual(['hello', true])
  })

  test('a body is taken as it arrives, without padding', async () => {
    await using server = await serveFrames(echo)
    await using peer = await server.peer()
    peer.request(1, [], false)
    peer.data(1, 'one ')
    await peer.settled()
    peer.send(frameType.data, padded, 1, Buffer.from('\x03two \0\0\0', 'latin1'))
    await peer.settled()
    peer.data(1, 'three', true)
    expect(textOf(await peer.response(1))).toBe('one two three')
  })

  test('a body ends with trailers', async () => {
    let trailers: unknown
    await using server = await serveFrames(async (exchange) => {
      await bodyOf(exchange)
      trailers = exchange.body.trailers
      exchange.respond(200, [])
      exchange.end()
    })
    await using peer = await server.peer()
    peer.request(1, [], false)
    peer.data(1, 'x')
    peer.request(1, [], true)
    expect(await peer.resetCode(1)).toBe(errorCode.protocolError)
    peer.request(3, [], false)
    peer.data(3, 'x')
    peer.send(frameType.headers, endHeaders | endStream, 3, peer.encode(['x-sum', '1']))
    await peer.response(3)
    expect(trailers).toEqual(['x-sum', '1'])
  })

  test('the client is asked for the body when it waits for a 100', async () => {
    await using server = await serveFrames(echo)
    await using peer = await server.peer()
    peer.request(1, ['expect', '100-continue'], false)
    const first = await peer.next(({ type, streamId }) => type === 1 && streamId === 1)
    expect(first.headers).toEqual([':status', '100'])
    expect(first.flags).toBe(endHeaders)
    peer.data(1, 'now', true)
    const frames = await peer.response(1)
    expect(frames[1]?.headers?.slice(0, 2)).toEqual([':status', '200'])
    expect(textOf(frames)).toBe('now')
  })

  test('the client is not asked for the body when the response does not need it', async () => {
    await using server = await serveFrames((exchange) => {
      exchange.respond(413, [])
      exchange.end()
    }, quickly)
    await using peer = await server.peer()
    peer.request(1, ['expect', '100-continue'], false)
    const frames = await peer.response(1)
    expect(frames.map(({ headers }) => headers?.[1])).toEqual(['413'])
  })

  test('a body fails when the client resets the stream', async () => {
    const causes: unknown[] = []
    await using server = await serveFrames(async (exchange) => {
      exchange.onClose = (cause) => causes.push(cause?.message)
      await bodyOf(exchange).catch((error) => causes.push(error.message))
      expect(exchange.closed).toBe(true)
      exchange.respond(200, [])
      exchange.end(Buffer.from('too late'))
    })
    await using peer = await server.peer()
    peer.request(1, [], false)
    await peer.settled()
    peer.send(frameType.resetStream, 0, 1, Buffer.from([0, 0, 0, errorCode.cancel]))
    await peer.settled()
    expect(causes).toHaveLength(2)
    expect(causes[0]).toBe('the peer reset the stream: cancel')
    expect(peer.frames.filter(({ streamId }) => streamId === 1)).toEqual([])
  })

  test('a body fails when the connection is lost', async () => {
    const causes: (Error | undefined)[] = []
    await using server = await serveFrames((exchange) => {
      exchange.onClose = (cause) => causes.push(cause)
    })
    await using peer = await server.peer()
    peer.request(1, [], false)
    await peer.settled()
    peer.socket.destroy()
    await waitFor(() => causes.length > 0, { what: 'the cause' })
    expect(causes).toEqual([expect.any(Error)])
    expect(server.exchanges[0]?.closed).toBe(true)
  })
})

describe('an unread request', () => {
  test('an unread request is reset with NO_ERROR after the whole response', async () => {
    await using server = await serveFrames((exchange) => {
      exchange.respond(413, [])
      exchange.end(Buffer.from('too much'))
    }, quickly)
    await using peer = await server.peer()
    peer.request(1, [], false)
    expect(textOf(await peer.response(1))).toBe('too much')
    expect(await peer.resetCode(1)).toBe(errorCode.noError)
    // Bytes in flight are dropped.
    peer.data(1, 'more')
    peer.data(1, 'and more', true)
    await peer.settled()
  })

  test('an unread request that ends by itself is not reset', async () => {
    const clock = createManualClock()
    const respond: Respond = (exchange) => {
      exchange.respond(200, [])
      exchange.end(Buffer.from('done'))
    }
    await using server = await serveFrames(respond, quickly, { clock })
    await using peer = await server.peer()
    peer.request(1, [], false)
    peer.data(1, 'more')
    await peer.response(1)
    peer.data(1, 'end', true)
    await peer.settled()
    clock.advance(1_000)
    await peer.settled()
    expect(peer.frames.filter(({ type }) => type === frameType.resetStream)).toEqual([])
  })

  test('a request may be refused while the response continues', async () => {
    await using server = await serveFrames((exchange) => {
      exchange.body.refuse()
      exchange.respond(200, [])
      setTimeout(() => exchange.end(Buffer.from('late')), 50)
    }, quickly)
    await using peer = await server.peer()
    peer.request(1, [], false)
    peer.data(1, Buffer.alloc(10_000))
    expect(textOf(await peer.response(1))).toBe('late')
    expect(await peer.resetCode(1)).toBe(errorCode.noError)
  })
})

test('a header table that the client empties and grows in one frame is emptied', async () => {
  await using server = await serveFrames((exchange) => {
    exchange.respond(204, [])
    exchange.end()
  })
  const { headerTableSize } = settingId
  const shrinkAndGrow = settingsPayload([
    [headerTableSize, 0],
    [headerTableSize, 8192],
  ])
  await using peer = await server.peer()
  peer.send(frameType.settings, 0, 0, shrinkAndGrow)
  peer.request(1)
  const [head] = await peer.response(1)
  // Updates to 0 and to the 4,096 bytes that we use at most (RFC 7541 §6.3).
  expect(head?.payload.subarray(0, 4).toString('hex')).toBe('203fe11f')
})

test('many concurrent exchanges get their own responses', async () => {
  await using server = await serveFrames(async (exchange) => {
    await bodyOf(exchange)
    exchange.respond(200, [])
    exchange.end(Buffer.from(exchange.target.repeat(3_000)), ['x-target', exchange.target])
  })
  await using session = new Session(server.port)
  const responses = await Promise.all(
    Array.from({ length: 200 }, (_, index) => session.post(`/${index}`, 'x'.repeat(index * 50))),
  )
  for (const [index, { text, trailers }] of responses.entries()) {
    expect(text).toBe(`/${index}`.repeat(3_000))
    expect(trailers['x-target']).toBe(`/${index}`)
  }
})

test('bodies of many windows go both ways at once', async () => {
  await using server = await serveFrames(async (exchange) => {
    exchange.respond(200, [])
    for (;;) {
      for (let chunk = exchange.body.take(); chunk; chunk = exchange.body.take()) {
        if (!exchange.write(chunk)) await exchange.drained()
      }
      if (exchange.body.ended) return exchange.end()
      await exchange.body.ready()
    }
  })
  await using session = new Session(server.port)
  const text = Array.from({ length: 300_000 }, (_, index) => `${index},`).join('')
  expect((await session.post('/', text)).text).toBe(text)
})

/** Client of `node:http2`. */
class Session implements AsyncDisposable {
  readonly #session: ClientHttp2Session

  constructor(port: number) {
    this.#session = connect(`http://127.0.0.1:${port}`)
  }

  async post(path: string, text: string) {
    const stream = this.#session.request({ ':method': 'POST', ':path': path })
    let trailers: Record<string, unknown> = {}
    stream.on('trailers', (headers) => {
      trailers = headers
    })
    stream.end(text)
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    await once(stream, 'close')
    return { text: Buffer.concat(chunks).toString(), trailers }
  }

  async [Symbol.asyncDispose]() {
    this.#session.destroy()
  }
}

alsoOnDenoAndNode(import.meta.filename)
