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

test('a client says first that it wants no pushes, and how much it takes', async () => {
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

test('a request is HEADERS and DATA, the last of which ends the stream', async () => {
  await using pair = await connectPair()
  for (const id of [1, 3]) {
    const call = pair.request()
    call.stream.end(Buffer.from('hello'))
    const [first, second] = await pair.peer.answer(id)
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
  const frames = await pair.peer.answer(1)
  expect(frames.map(({ type, flags }) => [type, flags])).toEqual([
    [frameType.headers, endHeaders | endStream],
  ])
})

test('there is room when the peer has said so, and for as many streams as it allows', async () => {
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

describe('an answer', () => {
  test('that comes at once is told in order, and whole', async () => {
    await using pair = await connectPair()
    const call = pair.request()
    call.stream.end()
    await pair.peer.answer(1)
    pair.send(
      headers(pair, 1, head),
      data(1, 'he'),
      data(1, 'llo'),
      headers(pair, 1, trailers, true),
    )
    await call.over
    expect(call.told).toEqual(['open', 'head', 'end'])
    expect([call.stream.status, call.stream.headers]).toEqual([200, head.slice(2)])
    expect([call.text(), call.stream.trailers]).toEqual(['hello', trailers])
  })

  test('that comes in pieces is told piece by piece', async () => {
    await using pair = await connectPair()
    const call = pair.request()
    pair.send(headers(pair, 1, head))
    await waitFor(() => call.told.includes('head'), { what: 'the head' })
    expect(call.stream.isComplete).toBe(false)
    pair.send(data(1, 'hello'))
    await waitFor(() => call.text() === 'hello', { what: 'the bytes' })
    pair.send(data(1, '', endStream))
    await call.over
    expect(call.stream.isComplete).toBe(true)
    expect(call.told.at(-1)).toBe('end')
  })

  test('may be announced by others, which are not told', async () => {
    await using pair = await connectPair()
    const call = pair.request()
    pair.send(headers(pair, 1, [':status', '103', 'link', '</a>']), headers(pair, 1, head, true))
    await call.over
    expect([call.told, call.stream.status]).toEqual([['open', 'head', 'end'], 200])
  })

  test('that has nothing but a head is complete with it', async () => {
    await using pair = await connectPair()
    const call = pair.request()
    pair.send(headers(pair, 1, head, true))
    await call.over
    expect(call.wasCompleteAtHead).toBe(true)
  })

  test('that is complete stays so when the peer then wants no more of the request', async () => {
    await using pair = await connectPair()
    const call = pair.request()
    pair.send(
      headers(pair, 1, head),
      data(1, 'hello', endStream),
      toFrame(frameType.resetStream, 0, 1, uint32(errorCode.noError)),
    )
    await call.over
    expect([call.told.at(-1), call.text()]).toEqual(['end', 'hello'])
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
])('an answer %s is reset, and the connection goes on', async (_, answer) => {
  await using pair = await connectPair()
  const call = pair.request()
  pair.send(...answer(pair))
  expect(((await call.over) as StreamReset).code).toBe(errorCode.protocolError)
  expect(await pair.peer.resetCode(1)).toBe(errorCode.protocolError)
  const next = pair.request()
  pair.send(headers(pair, 3, head, true))
  expect(await next.over).toBeUndefined()
})

test('an answer with too many fields is reset', async () => {
  await using pair = await connectPair()
  const call = pair.request()
  const many = Array.from({ length: 2 * clientLimits.headerCountMax }, () => ['x-a', '1']).flat()
  pair.send(headers(pair, 1, [...head, ...many]))
  expect(((await call.over) as StreamReset).code).toBe(errorCode.enhanceYourCalm)
})

describe('a stream that the peer resets', () => {
  test('has failed with its code', async () => {
    await using pair = await connectPair()
    const call = pair.request()
    pair.send(toFrame(frameType.resetStream, 0, 1, uint32(errorCode.internalError)))
    const cause = await call.over
    expect(cause).toBeInstanceOf(StreamReset)
    expect((cause as StreamReset).code).toBe(errorCode.internalError)
  })

  test('because it did not look at it counts as not sent', async () => {
    await using pair = await connectPair()
    const call = pair.request()
    pair.send(toFrame(frameType.resetStream, 0, 1, uint32(errorCode.refusedStream)))
    expect(await call.over).toBeInstanceOf(NotSentError)
  })
})

describe('a peer that goes away', () => {
  test('finishes what it has looked at; the rest was not sent', async () => {
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

  test('in two steps loses nothing', async () => {
    await using pair = await connectPair()
    const call = pair.request()
    call.stream.end()
    await pair.peer.answer(1)
    pair.send(goaway(2 ** 31 - 1, errorCode.noError), goaway(1, errorCode.noError))
    pair.send(headers(pair, 1, head, true))
    expect(await call.over).toBeUndefined()
  })

  test('without a stream is left at once', async () => {
    await using pair = await connectPair()
    pair.send(goaway(0, errorCode.noError))
    await waitFor(() => pair.events.includes('end'), { what: 'the end of the connection' })
    expect(pair.events).toEqual(['ready', 'leaving', 'end'])
  })
})

test('streams fail with the connection, and may have been looked at', async () => {
  await using pair = await connectPair()
  const call = pair.request()
  await pair.peer.next(({ streamId }) => streamId === 1)
  pair.peer.socket.destroy()
  const cause = await call.over
  expect(cause).toBeInstanceOf(Error)
  expect(cause).not.toBeInstanceOf(NotSentError)
  expect(cause).not.toBeInstanceOf(StreamReset)
})

test('a frame that cannot be ends the connection', async () => {
  await using pair = await connectPair()
  const call = pair.request()
  pair.send(headers(pair, 99, head))
  expect((await call.over)?.message).toContain('idle stream')
  expect(await pair.peer.goawayCode()).toBe(errorCode.protocolError)
})

test('a stream that is given up is reset, and what was under way is dropped and paid back', async () => {
  await using pair = await connectPair({ limits: { connectionWindowBytes: initialWindowBytes } })
  const call = pair.request()
  pair.send(headers(pair, 1, head), data(1, 'hello'))
  await waitFor(() => call.told.includes('bytes'), { what: 'the bytes' })
  call.stream.cancel()
  expect(await pair.peer.resetCode(1)).toBe(errorCode.cancel)
  pair.send(...Array.from({ length: 3 }, () => data(1, Buffer.alloc(16_000))))
  await pair.peer.next(({ type, streamId }) => type === frameType.windowUpdate && streamId === 0)
  expect(call.told).toEqual(['open', 'head', 'bytes'])
})

describe('flow control', () => {
  test('a request waits for the peer to take it', async () => {
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
    await pair.peer.answer(1)
    expect(sentBytes(pair, 1)).toBe(bytes.length)
  })

  test('the peer may send as much as was taken', async () => {
    await using pair = await connectPair({ limits: { streamWindowBytes: 20_000 }, taking: false })
    const call = pair.request()
    pair.send(headers(pair, 1, head), data(1, Buffer.alloc(15_000)))
    await waitFor(() => call.told.includes('bytes'), { what: 'the bytes' })
    await pair.peer.settled()
    const isUpdate = ({ type, streamId }: { type: number; streamId: number }) =>
      type === frameType.windowUpdate && streamId === 1
    expect(pair.peer.frames.some(isUpdate)).toBe(false)
    expect(call.stream.take()?.length).toBe(15_000)
    await pair.peer.next(isUpdate)
  })
})

test('streams that nobody reads hold up no other', async () => {
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
  expect(resting.map(({ told }) => told.includes('bytes'))).toEqual(resting.map(() => true))
})

describe('a silent peer', () => {
  test('is pinged while it has something to do, and left when it does not answer', async () => {
    await using pair = await connectPair({ isTimed: true })
    const call = pair.request()
    pair.pass(pingIntervalMs + 1_000)
    const isPing = ({ type, flags }: { type: number; flags: number }) =>
      type === frameType.ping && flags === 0
    const ping = await pair.peer.next(isPing)
    pair.send(toFrame(frameType.ping, ack, 0, ping.payload))
    await pair.peer.settled()
    pair.pass(pingTimeoutMs + 1_000)
    expect(call.told).toEqual(['open'])
    pair.pass(pingIntervalMs - pingTimeoutMs)
    await waitFor(() => pair.peer.frames.filter(isPing).length === 2, { what: 'a second ping' })
    pair.pass(pingTimeoutMs + 1_000)
    expect((await call.over)?.message).toContain('ping')
  })

  test('with nothing to do is kept for a while', async () => {
    await using pair = await connectPair({ isTimed: true })
    pair.pass(clientLimits.idleTimeoutMs - 10_000)
    expect(pair.events).toEqual(['ready'])
    pair.pass(20_000)
    expect(await pair.peer.goawayCode()).toBe(errorCode.noError)
    expect(pair.peer.frames.some(({ type }) => type === frameType.ping)).toBe(false)
  })
})
