import { describe, expect, test } from 'bun:test'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { settingId, settingsPayload } from '../frames/settings.ts'
import { clientPreface, errorCode, frameFlag, frameType } from '../frames/wire.ts'
import { FramesPeer, serveFrames, uint32 } from '../testing/frames-peer.ts'

const { endStream, endHeaders, padded, priority } = frameFlag
const get = [':method', 'GET', ':scheme', 'http', ':authority', 'a', ':path', '/']
const nothing = Buffer.alloc(0)

/** Handler that leaves its streams open. */
const serve = () => serveFrames(() => {})

/** Opens a stream. Its response ends when the request does. */
async function serveResponses() {
  const server = await serveFrames((exchange) => {
    exchange.respond(200, [])
    exchange.end()
  })
  return { server, peer: await server.peer() }
}

type Case = readonly [name: string, code: keyof typeof errorCode, act: (peer: FramesPeer) => void]

const open = (peer: FramesPeer, streamId = 1) => peer.request(streamId, [], false)

const connectionErrors: readonly Case[] = [
  ['DATA on stream 0', 'protocolError', (peer) => peer.data(0, 'x')],
  ['HEADERS on stream 0', 'protocolError', (peer) => peer.request(0)],
  ['HEADERS on an even stream', 'protocolError', (peer) => peer.request(2)],
  [
    'HEADERS on a stream that was left out',
    'protocolError',
    (peer) => {
      open(peer, 5)
      open(peer, 3)
    },
  ],
  ['DATA on an idle stream', 'protocolError', (peer) => peer.data(1, 'x')],
  ['WINDOW_UPDATE on an idle stream', 'protocolError', (peer) => peer.windowUpdate(1, 1)],
  [
    'RST_STREAM on an idle stream',
    'protocolError',
    (peer) => peer.send(frameType.resetStream, 0, 1, uint32(8)),
  ],
  [
    'RST_STREAM length is not 4',
    'frameSizeError',
    (peer) => {
      open(peer)
      peer.send(frameType.resetStream, 0, 1, nothing)
    },
  ],
  ['PUSH_PROMISE', 'protocolError', (peer) => peer.send(frameType.pushPromise, 4, 1, uint32(2))],
  ['SETTINGS on a stream', 'protocolError', (peer) => peer.send(frameType.settings, 0, 1)],
  [
    'SETTINGS of another length',
    'frameSizeError',
    (peer) => peer.send(frameType.settings, 0, 0, Buffer.alloc(5)),
  ],
  [
    'an acknowledgement that holds settings',
    'frameSizeError',
    (peer) => peer.send(frameType.settings, frameFlag.ack, 0, Buffer.alloc(6)),
  ],
  [
    'ENABLE_PUSH of 2',
    'protocolError',
    (peer) => peer.send(frameType.settings, 0, 0, settingsPayload([[settingId.enablePush, 2]])),
  ],
  [
    'INITIAL_WINDOW_SIZE of 2^31',
    'flowControlError',
    (peer) =>
      peer.send(
        frameType.settings,
        0,
        0,
        settingsPayload([[settingId.initialWindowSize, 2 ** 31]]),
      ),
  ],
  [
    'MAX_FRAME_SIZE of 16,383',
    'protocolError',
    (peer) =>
      peer.send(frameType.settings, 0, 0, settingsPayload([[settingId.maxFrameSize, 16_383]])),
  ],
  [
    'windows that grow beyond 2^31-1 by a setting',
    'flowControlError',
    (peer) => {
      open(peer)
      peer.windowUpdate(1, 0x7fff_0000)
      peer.send(frameType.settings, 0, 0, settingsPayload([[settingId.initialWindowSize, 70_000]]))
      peer.send(
        frameType.settings,
        0,
        0,
        settingsPayload([[settingId.initialWindowSize, 2 ** 31 - 1]]),
      )
    },
  ],
  ['PING on a stream', 'protocolError', (peer) => peer.send(frameType.ping, 0, 1, Buffer.alloc(8))],
  ['PING length is not 8', 'frameSizeError', (peer) => peer.send(frameType.ping, 0, 0)],
  [
    'GOAWAY on a stream',
    'protocolError',
    (peer) => peer.send(frameType.goaway, 0, 1, Buffer.alloc(8)),
  ],
  [
    'WINDOW_UPDATE of nothing on the connection',
    'protocolError',
    (peer) => peer.windowUpdate(0, 0),
  ],
  [
    'a connection window beyond 2^31-1',
    'flowControlError',
    (peer) => peer.windowUpdate(0, 2 ** 31 - 1),
  ],
  [
    'CONTINUATION without HEADERS',
    'protocolError',
    (peer) => peer.send(frameType.continuation, endHeaders, 1),
  ],
  [
    'a frame within a field block',
    'protocolError',
    (peer) => {
      peer.send(frameType.headers, 0, 1, peer.encode(get))
      peer.send(frameType.ping, 0, 0, Buffer.alloc(8))
    },
  ],
  [
    'CONTINUATION of another stream',
    'protocolError',
    (peer) => {
      peer.send(frameType.headers, 0, 1, peer.encode(get))
      peer.send(frameType.continuation, endHeaders, 3)
    },
  ],
  [
    'padding longer than its frame',
    'protocolError',
    (peer) => {
      open(peer)
      peer.send(frameType.data, padded, 1, Buffer.from([3, 0, 0]))
    },
  ],
  [
    'a field block that cannot be decoded',
    'compressionError',
    (peer) => peer.send(frameType.headers, endHeaders, 1, Buffer.from([0xff, 0xff])),
  ],
  [
    'HEADERS too short for a priority',
    'frameSizeError',
    (peer) => peer.send(frameType.headers, endHeaders | priority, 1, Buffer.alloc(4)),
  ],
  [
    'a frame longer than 16,384 bytes',
    'frameSizeError',
    (peer) => peer.send(frameType.data, 0, 1, Buffer.alloc(16_385)),
  ],
]

describe('an error of the connection', () => {
  test.each(connectionErrors)('the connection ends for %s (%s)', async (_, code, act) => {
    await using server = await serve()
    await using peer = await server.peer()
    act(peer)
    expect(await peer.goawayCode()).toBe(errorCode[code])
  })
})

const streamErrors: readonly Case[] = [
  [
    'a malformed request',
    'protocolError',
    (peer) => peer.request(1, [...get, 'Upper', '1'], false),
  ],
  [
    'HEADERS that neither begin nor end it',
    'protocolError',
    (peer) => {
      open(peer)
      peer.send(frameType.headers, endHeaders, 1, peer.encode(['a', 'b']))
    },
  ],
  [
    'trailers with a pseudo-header',
    'protocolError',
    (peer) => {
      open(peer)
      peer.send(frameType.headers, endHeaders | endStream, 1, peer.encode([':path', '/']))
    },
  ],
  [
    'DATA after its end',
    'streamClosed',
    (peer) => {
      peer.request(1)
      peer.data(1, 'x')
    },
  ],
  [
    'HEADERS after its end',
    'streamClosed',
    (peer) => {
      peer.request(1)
      peer.request(1)
    },
  ],
  [
    'less DATA than content-length says',
    'protocolError',
    (peer) => {
      peer.request(1, ['content-length', '5'], false)
      peer.data(1, 'four', true)
    },
  ],
  [
    'more DATA than content-length says, before its end',
    'protocolError',
    (peer) => {
      peer.request(1, ['content-length', '3'], false)
      peer.data(1, 'four')
    },
  ],
  [
    'a content-length and no DATA',
    'protocolError',
    (peer) => peer.request(1, ['content-length', '3'], true),
  ],
  [
    'trailers before all that content-length says',
    'protocolError',
    (peer) => {
      peer.request(1, ['content-length', '3'], false)
      peer.send(frameType.headers, endHeaders | endStream, 1, peer.encode(['a', 'b']))
    },
  ],
  [
    'WINDOW_UPDATE of 0',
    'protocolError',
    (peer) => {
      open(peer)
      peer.windowUpdate(1, 0)
    },
  ],
  [
    'a window beyond 2^31-1',
    'flowControlError',
    (peer) => {
      open(peer)
      peer.windowUpdate(1, 2 ** 31 - 1)
    },
  ],
  [
    'PRIORITY of another length',
    'frameSizeError',
    (peer) => {
      open(peer)
      peer.send(frameType.priority, 0, 1, Buffer.alloc(4))
    },
  ],
]

describe('an error of a stream', () => {
  test.each(streamErrors)('the stream alone ends for %s (%s)', async (_, code, act) => {
    await using server = await serve()
    await using peer = await server.peer()
    act(peer)
    expect(await peer.resetCode(1)).toBe(errorCode[code])
    await peer.settled()
    expect(server.exchanges.every((exchange) => exchange.closed)).toBe(true)
  })
})

describe('a frame on a closed stream', () => {
  test('WINDOW_UPDATE, RST_STREAM and PRIORITY on a closed stream are ignored', async () => {
    const { server, peer } = await serveResponses()
    await using _server = server
    await using _peer = peer
    peer.request(1)
    await peer.response(1)
    peer.windowUpdate(1, 5)
    peer.send(frameType.resetStream, 0, 1, uint32(8))
    peer.send(frameType.priority, 0, 1, Buffer.from([0, 0, 0, 0, 1]))
    await peer.settled()
  })

  test.each([
    ['DATA', (peer: FramesPeer) => peer.data(1, 'x')],
    ['HEADERS', (peer: FramesPeer) => peer.request(1)],
  ])('%s on a closed stream ends the connection', async (_, act) => {
    const { server, peer } = await serveResponses()
    await using _server = server
    await using _peer = peer
    peer.request(1)
    await peer.response(1)
    act(peer)
    expect(await peer.goawayCode()).toBe(errorCode.streamClosed)
  })

  test('frames in flight when the server resets a stream are ignored', async () => {
    await using server = await serveFrames((exchange) => exchange.abort())
    await using peer = await server.peer()
    open(peer)
    await peer.resetCode(1)
    peer.data(1, 'x')
    peer.send(frameType.headers, endHeaders | endStream, 1, peer.encode(['a', 'b']))
    await peer.settled()
  })
})

describe('something unknown', () => {
  test('unknown frame types are ignored', async () => {
    await using server = await serve()
    await using peer = await server.peer()
    peer.send(0xbe, 0xff, 7, Buffer.from('anything'))
    await peer.settled()
  })

  test('unknown settings are ignored', async () => {
    await using server = await serve()
    await using peer = await server.peer()
    peer.send(frameType.settings, 0, 0, settingsPayload([[0xbeef, 1]]))
    await peer.settled()
  })

  test('unknown flags are ignored', async () => {
    await using server = await serve()
    await using peer = await server.peer()
    peer.send(frameType.headers, 0xff & ~priority & ~padded, 1, peer.encode(get))
    await peer.settled()
    expect(server.exchanges).toHaveLength(1)
  })
})

test('a connection without the preface is closed, and no request reaches a handler', async () => {
  await using server = await serve()
  await using peer = new FramesPeer(server.port)
  peer.socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  expect(await peer.goawayCode()).toBe(errorCode.protocolError)
})

test('a preface that arrives byte by byte is accepted', async () => {
  await using server = await serve()
  await using peer = new FramesPeer(server.port)
  for (const byte of clientPreface) {
    peer.socket.write(Buffer.of(byte))
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  peer.send(frameType.settings, 0, 0)
  await peer.settled()
})

test('a first frame that is not SETTINGS ends the connection', async () => {
  await using server = await serve()
  await using peer = new FramesPeer(server.port)
  peer.socket.write(clientPreface)
  peer.send(frameType.ping, 0, 0, Buffer.alloc(8))
  expect(await peer.goawayCode()).toBe(errorCode.protocolError)
})

alsoOnDenoAndNode(import.meta.filename)
