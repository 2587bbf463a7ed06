import { describe, expect, test } from 'bun:test'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { waitFor } from '@marquee/testing/wait-for'
import { StreamReset } from '../frames/errors.ts'
import { initialPeerSettings, readSettings } from '../frames/settings.ts'
import { errorCode, frameFlag, frameType, initialWindowBytes } from '../frames/wire.ts'
import {
  connectPair,
  data,
  goaway,
  headers,
  type Pair,
  requestHead,
  sentBytes,
} from '../testing/client-peer.ts'
import { toFrame, uint32 } from '../testing/frames-peer.ts'
import { clientLimits, pingIntervalMs, pingTimeoutMs } from './limits.ts'
import { NotSentError } from './port.ts'

alsoOnDenoAndNode(import.meta.filename)

const { endStream, endHeaders, ack } = frameFlag
const head = [':status', '200', 'content-type', 'application/grpc']
const trailers = ['grpc-status', '0']

test('a client first sends SETTINGS without push and with its window', async () => {
  await using pair = await connectPair()
  const settings = await pair.peer.next(({ type, flags }) => type === frameType.settings && !flags)
  const seen = initialPeerSettings()
  readSettings(seen, settings.payload, 0, settings.payload.length)
  expect(seen.windowBytes).toBe(clientLimits.streamWindowBytes)
  const ids = Array.from({ length: settings.payload.length / 6 }, (_, index) =>
    settings.payload.subarray(index * 6, index * 6 + 6).toString('hex'),
  )
  expect(ids).toContain('000200000000')
})

test('a request is HEADERS and DATA, and its last DATA ends the stream', async () => {
  await using pair = await connectPair()
  for (const id of [1, 3]) {
    const call = pair.request()
    call.stream.end(Buffer.from('hello'))
    const [first, second] = await pair.peer.response(id)
    expect([first?.type, first?.flags, first?.headers]).toEqual([
      frameType.headers,
      endHeaders,
      requestHead,
    ])
    expect([second?.type, second?.flags, `${second?.payload}`]).toEqual([
      frameType.data,
      endStream,
      'hello',
    ])
  }
})

test('a request without a body is HEADERS alone', async () => {
  await using pair = await connectPair()
  pair.request().stream.end()
  const frames = await pair.peer.response(1)
  expect(frames.map(({ type, flags }) => [type, flags])).toEqual([
    [frameType.headers, endHeaders | endStream],
  ])
})

test("there is room after the peer's SETTINGS, for as many streams as it allows", async () => {
  await using pair = await connectPair({ greeted: false })
  expect(pair.client.hasRoom).toBe(false)
  pair.allow(1)
  await waitFor(() => pair.client.hasRoom, { what: 'room' })
  const call = pair.request()
  expect(pair.client.hasRoom).toBe(false)
  call.stream.cancel()
  expect(pair.client.hasRoom).toBe(true)
  pair.request()
  pair.allow(2)
  await waitFor(() => pair.client.hasRoom, { what: 'more room' })
  expect(pair.events).toEqual(['ready', 'room', 'room'])
})

describe('a response', () => {
  test('a response that arrives at once is reported in order, and whole', async () => {
    await using pair = await connectPair()
    const call = pair.request()
    call.stream.end()
    await pair.peer.response(1)
    pair.send(
      headers(pair, 1, head),
      data(1, 'he'),
      data(1, 'llo'),
      headers(pair, 1, trailers, true),
    )
    await call.over
    expect(call.events).toEqual(['open', 'head', 'end'])
    expect([call.stream.status, call.stream.headers]).toEqual([200, head.slice(2)])
    expect([call.text(), call.stream.trailers]).toEqual(['hello', trailers])
  })

  test('a response that arrives in pieces is reported piece by piece', async () => {
    await using pair = await connectPair()
    const call = pair.request()
    pair.send(headers(pair, 1, head))
    await waitFor(() => call.events.includes('head'), { what: 'the head' })
    expect(call.stream.isComplete).toBe(false)
    pair.send(data(1, 'hello'))
    await waitFor(() => call.text() === 'hello', { what: 'the bytes' })
    pair.send(data(1, '', endStream))
    await call.over
    expect(call.stream.isComplete).toBe(true)
    expect(call.events.at(-1)).toBe('end')
  })

  test('informational responses before a response are not reported', async () => {
    await using pair = await connectPair()
    const call = pair.request()
    pair.send(headers(pair, 1, [':status', '103', 'link', '</a>']), headers(pair, 1, head, true))
    await call.over
    expect([call.events, call.stream.status]).toEqual([['open', 'head', 'end'], 200])
  })

  test('a response with nothing but a head is complete with it', async () => {
    await using pair = await connectPair()
    const call = pair.request()
    pair.send(headers(pair, 1, head, true))
    await call.over
    expect(call.wasCompleteAtHead).toBe(true)
  })

  test('a complete response stays complete when the request is refused after it', async () => {
    await using pair = await connectPair()
    const call = pair.request()
    pair.send(
      headers(pair, 1, head),
      data(1, 'hello', endStream),
      toFrame(frameType.resetStream, 0, 1, uint32(errorCode.noError)),
    )
    await call.over
    expect([call.events.at(-1), call.text()]).toEqual(['end', 'hello'])
  })
})

test.each<[string, (pair: Pair) => Buffer[]]>([
  ['without a status', (pair) => [headers(pair, 1, ['x-a', '1'])]],
  ['with a status that is none', (pair) => [headers(pair, 1, [':status', '20'])]],
  ['with another pseudo-header', (pair) => [headers(pair, 1, [...head, ':path', '/'])]],
  ['with a name in upper case', (pair) => [headers(pair, 1, [...head, 'X-A', '1'])]],
  ['that begins with bytes', () => [data(1, 'hello')]],
  ['that is only announced', (pair) => [headers(pair, 1, [':status', '100'], true)]],
  ['with two heads', (pair) => [headers(pair, 1, head), headers(pair, 1, head)]],
  [
    'with a status in its trailers',
    (pair) => [headers(pair, 1, head), headers(pair, 1, head, true)],
  ],
  [
    'longer than it says',
    (pair) => [headers(pair, 1, [...head, 'content-length', '1']), data(1, 'hello')],
  ],
  [
    'shorter than it says',
    (pair) => [
      headers(pair, 1, [...head, 'content-length', '9']),
      headers(pair, 1, trailers, true),
    ],
  ],
])('a response %s is reset, and the connection continues', async (_, frames) => {
  await using pair = await connectPair()
  const call = pair.request()
  pair.send(...frames(pair))
  expect(((await call.over) as StreamReset).code).toBe(errorCode.protocolError)
  expect(await pair.peer.resetCode(1)).toBe(errorCode.protocolError)
  const next = pair.request()
  pair.send(headers(pair, 3, head, true))
  expect(await next.over).toBeUndefined()
})

test('a response with too many headers is reset', async () => {
  await using pair = await connectPair()
  const call = pair.request()
  const many = Array.from({ length: 2 * clientLimits.headerCountMax }, () => ['x-a', '1']).flat()
  pair.send(headers(pair, 1, [...head, ...many]))
  expect(((await call.over) as StreamReset).code).toBe(errorCode.enhanceYourCalm)
})

describe('a stream that the peer resets', () => {
  test('a stream that the peer resets fails with its code', async () => {
    await using pair = await connectPair()
    const call = pair.request()
    pair.send(toFrame(frameType.resetStream, 0, 1, uint32(errorCode.internalError)))
    const cause = await call.over
    expect(cause).toBeInstanceOf(StreamReset)
    expect((cause as StreamReset).code).toBe(errorCode.internalError)
  })

  test('a stream that the peer refuses counts as not sent', async () => {
    await using pair = await connectPair()
    const call = pair.request()
    pair.send(toFrame(frameType.resetStream, 0, 1, uint32(errorCode.refusedStream)))
    expect(await call.over).toBeInstanceOf(NotSentError)
  })
})

describe('a peer that goes away', () => {
  test('a peer that goes away finishes its streams, and later ones count as not sent', async () => {
    await using pair = await connectPair()
    const first = pair.request()
    const second = pair.request()
    await pair.peer.next(({ streamId }) => streamId === 3)
    pair.send(goaway(1, errorCode.noError))
    expect(await second.over).toBeInstanceOf(NotSentError)
    expect(pair.client.hasRoom).toBe(false)
    expect(pair.events).toContain('leaving')
    pair.send(headers(pair, 1, head), headers(pair, 1, trailers, true))
    expect(await first.over).toBeUndefined()
    first.stream.end()
    await waitFor(() => pair.events.includes('end'), { what: 'the end of the connection' })
    expect(await pair.peer.goawayCode()).toBe(errorCode.noError)
  })

  test('a peer that goes away in two steps loses no request', async () => {
    await using pair = await connectPair()
    const call = pair.request()
    call.stream.end()
    await pair.peer.response(1)
    pair.send(goaway(2 ** 31 - 1, errorCode.noError), goaway(1, errorCode.noError))
    pair.send(headers(pair, 1, head, true))
    expect(await call.over).toBeUndefined()
  })

  test('a connection without a stream closes at once when the peer goes away', async () => {
    await using pair = await connectPair()
    pair.send(goaway(0, errorCode.noError))
    await waitFor(() => pair.events.includes('end'), { what: 'the end of the connection' })
    expect(pair.events).toEqual(['ready', 'leaving', 'end'])
  })
})

test('streams fail with their connection, and do not count as not sent', async () => {
  await using pair = await connectPair()
  const call = pair.request()
  await pair.peer.next(({ streamId }) => streamId === 1)
  pair.peer.socket.destroy()
  const cause = await call.over
  expect(cause).toBeInstanceOf(Error)
  expect(cause).not.toBeInstanceOf(NotSentError)
  expect(cause).not.toBeInstanceOf(StreamReset)
})

test('an invalid frame ends the connection', async () => {
  await using pair = await connectPair()
  const call = pair.request()
  pair.send(headers(pair, 99, head))
  expect((await call.over)?.message).toContain('idle stream')
  expect(await pair.peer.goawayCode()).toBe(errorCode.protocolError)
})

test('a cancelled stream is reset, and its bytes in flight are dropped and credited', async () => {
  await using pair = await connectPair({ limits: { connectionWindowBytes: initialWindowBytes } })
  const call = pair.request()
  pair.send(headers(pair, 1, head), data(1, 'hello'))
  await waitFor(() => call.events.includes('bytes'), { what: 'the bytes' })
  call.stream.cancel()
  expect(await pair.peer.resetCode(1)).toBe(errorCode.cancel)
  pair.send(...Array.from({ length: 3 }, () => data(1, Buffer.alloc(16_000))))
  await pair.peer.next(({ type, streamId }) => type === frameType.windowUpdate && streamId === 0)
  expect(call.events).toEqual(['open', 'head', 'bytes'])
})

describe('flow control of a client', () => {
  test('a request waits for the window of the peer', async () => {
    await using pair = await connectPair()
    const call = pair.request()
    const bytes = Buffer.alloc(2 * initialWindowBytes)
    expect(call.stream.write(bytes)).toBe(false)
    await waitFor(() => sentBytes(pair, 1) === initialWindowBytes, { what: 'a window of bytes' })
    let isDrained = false
    const drained = call.stream.drained().then(() => {
      isDrained = true
    })
    expect(isDrained).toBe(false)
    for (const id of [0, 1]) pair.peer.windowUpdate(id, initialWindowBytes)
    await drained
    call.stream.end()
    await pair.peer.response(1)
    expect(sentBytes(pair, 1)).toBe(bytes.length)
  })

  test('the peer gets credit for the bytes that were taken', async () => {
    await using pair = await connectPair({ limits: { streamWindowBytes: 20_000 }, taking: false })
    const call = pair.request()
    pair.send(headers(pair, 1, head), data(1, Buffer.alloc(15_000)))
    await waitFor(() => call.events.includes('bytes'), { what: 'the bytes' })
    await pair.peer.settled()
    const isUpdate = ({ type, streamId }: { type: number; streamId: number }) =>
      type === frameType.windowUpdate && streamId === 1
    expect(pair.peer.frames.some(isUpdate)).toBe(false)
    expect(call.stream.take()?.length).toBe(15_000)
    await pair.peer.next(isUpdate)
  })
})

test('streams that are not read hold no other stream back', async () => {
  await using pair = await connectPair({ taking: false })
  const chunk = Buffer.alloc(16_384)
  const resting = Array.from({ length: 10 }, () => pair.request())
  for (const index of resting.keys()) {
    const id = 2 * index + 1
    const chunkCount = clientLimits.streamWindowBytes / chunk.length
    pair.send(headers(pair, id, head), ...Array.from({ length: chunkCount }, () => data(id, chunk)))
  }
  const call = pair.request()
  pair.send(headers(pair, 21, head), data(21, 'hello', endStream))
  await call.over
  expect(call.text()).toBe('hello')
  expect(resting.map(({ events }) => events.includes('bytes'))).toEqual(resting.map(() => true))
})

describe('a silent peer', () => {
  test('a silent peer with open streams is pinged, and left without a response', async () => {
    await using pair = await connectPair({ isTimed: true })
    const call = pair.request()
    pair.pass(pingIntervalMs + 1_000)
    const isPing = ({ type, flags }: { type: number; flags: number }) =>
      type === frameType.ping && flags === 0
    const ping = await pair.peer.next(isPing)
    pair.send(toFrame(frameType.ping, ack, 0, ping.payload))
    await pair.peer.settled()
    pair.pass(pingTimeoutMs + 1_000)
    expect(call.events).toEqual(['open'])
    pair.pass(pingIntervalMs - pingTimeoutMs)
    await waitFor(() => pair.peer.frames.filter(isPing).length === 2, { what: 'a second ping' })
    pair.pass(pingTimeoutMs + 1_000)
    expect((await call.over)?.message).toContain('ping')
  })

  test('an idle connection is kept for a while', async () => {
    await using pair = await connectPair({ isTimed: true })
    pair.pass(clientLimits.idleTimeoutMs - 10_000)
    expect(pair.events).toEqual(['ready'])
    pair.pass(20_000)
    expect(await pair.peer.goawayCode()).toBe(errorCode.noError)
    expect(pair.peer.frames.some(({ type }) => type === frameType.ping)).toBe(false)
  })
})
