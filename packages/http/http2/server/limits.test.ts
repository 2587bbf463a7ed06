import { describe, expect, test } from 'bun:test'
import { createManualClock } from '@marquee/testing/manual-clock'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { waitFor } from '@marquee/testing/wait-for'
import type { Exchange } from '../../exchange.ts'
import { settingId, settingsPayload } from '../frames/settings.ts'
import { clientPreface, errorCode, frameFlag, frameType } from '../frames/wire.ts'
import { http2Limits } from '../limits.ts'
import { FramesPeer, serveFrames, uint32 } from '../testing/frames-peer.ts'

const { endHeaders, endStream } = frameFlag
const get = [':method', 'GET', ':scheme', 'http', ':authority', 'a', ':path', '/']
const sweepIntervalMs = 10

function respond(exchange: Exchange): void {
  exchange.respond(200, [])
  exchange.end(Buffer.from('done'))
}

const cancel = (peer: FramesPeer, streamId: number) =>
  peer.send(frameType.resetStream, 0, streamId, uint32(errorCode.cancel))

describe('concurrent streams', () => {
  test('streams beyond the limit are refused until one ends', async () => {
    await using server = await serveFrames(() => {}, { concurrentStreamsMax: 2 })
    await using peer = await server.peer()
    for (const streamId of [1, 3, 5]) peer.request(streamId)
    expect(await peer.resetCode(5)).toBe(errorCode.refusedStream)
    respond(server.exchanges[0] as Exchange)
    peer.request(7)
    await peer.settled()
    expect(server.exchanges).toHaveLength(3)
  })

  test('the limit of streams is the one in the SETTINGS', async () => {
    await using server = await serveFrames(() => {}, { concurrentStreamsMax: 77 })
    await using peer = await server.peer()
    const events = settingsPayload([[settingId.maxConcurrentStreams, 77]])
    expect(peer.frames[0]?.payload.includes(events)).toBe(true)
  })

  test('streams count while their handlers continue, whatever the client resets', async () => {
    await using server = await serveFrames(() => {}, { concurrentStreamsMax: 2 })
    await using peer = await server.peer()
    for (const streamId of [1, 3]) {
      peer.request(streamId)
      await peer.settled()
      cancel(peer, streamId)
    }
    peer.request(5)
    expect(await peer.resetCode(5)).toBe(errorCode.refusedStream)
    server.exchanges[0]?.abort()
    server.exchanges[1]?.end()
    for (const streamId of [7, 9]) peer.request(streamId)
    await peer.settled()
    expect(server.exchanges).toHaveLength(4)
  })

  test('a stream does not count for ever when its handler never ends', async () => {
    const limits = { concurrentStreamsMax: 1, lingerTimeoutMs: 20, sweepIntervalMs }
    await using server = await serveFrames(() => {}, limits)
    await using peer = await server.peer()
    peer.request(1)
    await peer.settled()
    cancel(peer, 1)
    let streamId = 3
    await waitFor(
      async () => {
        peer.request(streamId)
        streamId += 2
        await peer.settled()
        return server.exchanges.length === 2
      },
      { what: 'a stream to be taken' },
    )
  })

  test('streams that are reset in the same chunk reach no handler', async () => {
    await using server = await serveFrames(() => {})
    await using peer = await server.peer()
    peer.socket.cork()
    for (let streamId = 1; streamId < 100; streamId += 2) {
      peer.request(streamId)
      cancel(peer, streamId)
    }
    peer.socket.uncork()
    await peer.settled()
    expect(server.exchanges).toEqual([])
  })
})

describe('the header list of a request', () => {
  test.each([
    ['bytes', { headerListBytesMax: 300 }, ['x-long', 'v'.repeat(300)]],
    ['headers', { headerCountMax: 6 }, ['a', '1', 'b', '2', 'c', '3']],
  ])('a request with too many %s gets a 431', async (_, limits, headers) => {
    await using server = await serveFrames(respond, limits)
    await using peer = await server.peer()
    peer.request(1, headers)
    expect((await peer.response(1))[0]?.headers?.slice(0, 2)).toEqual([':status', '431'])
    expect(server.exchanges).toEqual([])
    peer.request(3)
    expect((await peer.response(3))[0]?.headers?.slice(0, 2)).toEqual([':status', '200'])
  })

  test('a request with a too long header block ends the connection', async () => {
    await using server = await serveFrames(respond, { headerBlockBytesMax: 1_000 })
    await using peer = await server.peer()
    peer.send(frameType.headers, endStream, 1, peer.encode(get))
    peer.send(frameType.continuation, 0, 1, Buffer.alloc(500))
    peer.send(frameType.continuation, 0, 1, Buffer.alloc(500))
    expect(await peer.goawayCode()).toBe(errorCode.enhanceYourCalm)
  })

  test('a request with a header block in too many frames ends the connection', async () => {
    await using server = await serveFrames(respond, { continuationsMax: 3 })
    await using peer = await server.peer()
    const block = peer.encode(get)
    peer.send(frameType.headers, endStream, 1, block.subarray(0, 1))
    for (let index = 1; index < 5; index++) {
      peer.send(frameType.continuation, 0, 1, block.subarray(index, index + 1))
    }
    expect(await peer.goawayCode()).toBe(errorCode.enhanceYourCalm)
  })

  test('a request with a header block in a few frames is accepted', async () => {
    await using server = await serveFrames(respond, { continuationsMax: 3 })
    await using peer = await server.peer()
    const block = peer.encode(get)
    peer.send(frameType.headers, endStream, 1, block.subarray(0, 1))
    peer.send(frameType.continuation, 0, 1, block.subarray(1, 2))
    peer.send(frameType.continuation, 0, 1)
    peer.send(frameType.continuation, endHeaders, 1, block.subarray(2))
    expect((await peer.response(1))[0]?.headers?.slice(0, 2)).toEqual([':status', '200'])
  })
})

describe('frames that cost the client nothing', () => {
  const few = { idleFrames: { burst: 100, perSecond: 0 }, settingsCost: 10, dataEarnsIdleFrames: 4 }
  const floods: readonly (readonly [string, (peer: FramesPeer) => void])[] = [
    ['PING', (peer) => peer.send(frameType.ping, 0, 0, Buffer.alloc(8))],
    ['SETTINGS', (peer) => peer.send(frameType.settings, 0, 0)],
    ['acknowledgements', (peer) => peer.send(frameType.settings, frameFlag.ack, 0)],
    ['PRIORITY', (peer) => peer.send(frameType.priority, 0, 9, Buffer.from([0, 0, 0, 0, 1]))],
    ['WINDOW_UPDATE', (peer) => peer.windowUpdate(1, 1)],
    ['empty DATA', (peer) => peer.data(1, '')],
    ['unknown frames', (peer) => peer.send(0xbe, 0, 0)],
  ]

  test.each(floods)('too many frames that cost nothing end the connection: %s', async (_, send) => {
    await using server = await serveFrames(() => {}, few)
    await using peer = await server.peer()
    peer.request(1, [], false)
    for (let index = 0; index < 120; index++) send(peer)
    expect(await peer.goawayCode()).toBe(errorCode.enhanceYourCalm)
  })

  test('requests and DATA earn frames that cost nothing', async () => {
    await using server = await serveFrames(respond, few)
    await using peer = await server.peer()
    for (let streamId = 1; streamId < 400; streamId += 2) {
      peer.request(streamId)
      peer.windowUpdate(0, 1)
      peer.windowUpdate(streamId, 1)
      peer.send(frameType.ping, 0, 0, Buffer.alloc(8))
    }
    await peer.response(399)
  })
})

describe('streams that end early', () => {
  const few = { resets: { burst: 20, perSecond: 0 } }

  test('too many streams that the client resets end the connection', async () => {
    await using server = await serveFrames(() => {}, few)
    await using peer = await server.peer()
    for (let streamId = 1; streamId < 100; streamId += 2) {
      peer.request(streamId)
      cancel(peer, streamId)
    }
    expect(await peer.goawayCode()).toBe(errorCode.enhanceYourCalm)
  })

  test.each([
    ['WINDOW_UPDATE of 0', (peer: FramesPeer, id: number) => peer.windowUpdate(id, 0)],
    ['DATA after the end', (peer: FramesPeer, id: number) => peer.data(id, 'x')],
    ['HEADERS after the end', (peer: FramesPeer, id: number) => peer.request(id)],
    ['a window too large', (peer: FramesPeer, id: number) => peer.windowUpdate(id, 2 ** 31 - 1)],
  ])('too many streams that the server resets for %s end the connection', async (_, act) => {
    await using server = await serveFrames(() => {}, few)
    await using peer = await server.peer()
    for (let streamId = 1; streamId < 100; streamId += 2) {
      peer.request(streamId)
      act(peer, streamId)
    }
    expect(await peer.goawayCode()).toBe(errorCode.enhanceYourCalm)
  })

  test('resets after a complete response do not count', async () => {
    await using server = await serveFrames(respond, few)
    await using peer = await server.peer()
    for (let streamId = 1; streamId < 100; streamId += 2) {
      peer.request(streamId, [], false)
      await peer.response(streamId)
      cancel(peer, streamId)
    }
    await peer.settled()
  })
})

describe('a connection of many users', () => {
  const resets = { burst: 20, perSecond: 0 }

  test('resets of responses that have begun do not end the connection', async () => {
    const begin = (exchange: Exchange) => {
      exchange.respond(200, [])
      exchange.write(Buffer.from('now'))
    }
    await using server = await serveFrames(begin, { resets })
    await using peer = await server.peer()
    for (let streamId = 1; streamId < 400; streamId += 2) {
      peer.request(streamId)
      await peer.next((frame) => frame.type === frameType.data && frame.streamId === streamId)
      cancel(peer, streamId)
      server.exchanges.at(-1)?.abort()
    }
    await peer.settled()
    expect(peer.closed).toBe(false)
  })

  test('complete responses earn some resets', async () => {
    const respondToMost = (exchange: Exchange) => {
      if (server.exchanges.length % 5 !== 0) respond(exchange)
    }
    await using server = await serveFrames(respondToMost, { resets, responseEarnsResets: 0.25 })
    await using peer = await server.peer()
    for (let count = 1; count <= 200; count++) {
      const streamId = 2 * count - 1
      peer.request(streamId)
      await peer.settled()
      if (count % 5 !== 0) continue
      cancel(peer, streamId)
      server.exchanges.at(-1)?.abort()
    }
    await peer.settled()
    expect(peer.closed).toBe(false)
  })

  test('a trusted connection may reset any number of streams', async () => {
    const trusts = (address: string) => address === '127.0.0.1'
    await using server = await serveFrames(() => {}, { resets }, { trusts })
    await using peer = await server.peer()
    for (let streamId = 1; streamId < 400; streamId += 2) {
      peer.request(streamId)
      await peer.settled()
      cancel(peer, streamId)
      server.exchanges.at(-1)?.abort()
    }
    await peer.settled()
    expect(peer.closed).toBe(false)
  })
})

describe('a slow HTTP/2 client', () => {
  test('a client that is slow with its preface is disconnected', async () => {
    await using server = await serveFrames(respond, { prefaceTimeoutMs: 30, sweepIntervalMs })
    await using peer = new FramesPeer(server.port)
    peer.socket.write(clientPreface.subarray(0, 20))
    await waitFor(() => peer.closed, { what: 'the end' })
  })

  test('a client that is slow with its SETTINGS is disconnected', async () => {
    await using server = await serveFrames(respond, { prefaceTimeoutMs: 30, sweepIntervalMs })
    await using peer = new FramesPeer(server.port)
    peer.socket.write(clientPreface)
    await waitFor(() => peer.closed, { what: 'the end' })
  })

  test('a client that does not acknowledge SETTINGS gets SETTINGS_TIMEOUT', async () => {
    await using server = await serveFrames(respond, { settingsTimeoutMs: 30, sweepIntervalMs })
    await using peer = new FramesPeer(server.port)
    peer.socket.write(clientPreface)
    peer.send(frameType.settings, 0, 0)
    expect(await peer.goawayCode()).toBe(errorCode.settingsTimeout)
  })

  test('a client that is slow with a header block is disconnected', async () => {
    await using server = await serveFrames(respond, { headersTimeoutMs: 30, sweepIntervalMs })
    await using several = await server.peer()
    several.send(frameType.headers, 0, 1, several.encode(get))
    expect(await several.goawayCode()).toBe(errorCode.enhanceYourCalm)
    await using one = await server.peer()
    one.socket.write(Buffer.from([0, 0, 100, frameType.headers]))
    expect(await one.goawayCode()).toBe(errorCode.enhanceYourCalm)
  })

  test('a client that is slow with a body in one frame is served', async () => {
    const clock = createManualClock()
    const limits = { headersTimeoutMs: 20, sweepIntervalMs }
    await using server = await serveFrames(() => {}, limits, { clock })
    await using peer = await server.peer()
    peer.socket.cork()
    peer.request(1, [], false)
    peer.socket.write(Buffer.from([0, 0, 2, frameType.data, 0, 0, 0, 0, 1, 0x61]))
    peer.socket.uncork()
    await waitFor(() => server.exchanges.length === 1, { what: 'the request' })
    clock.advance(1_000)
    peer.socket.write('b')
    await peer.settled()
    expect(Buffer.from(server.exchanges[0]?.body.take() ?? []).toString()).toBe('ab')
  })

  test('a client that does not open its window loses the stream', async () => {
    const limits = { stalledTimeoutMs: 50, sweepIntervalMs }
    await using server = await serveFrames((exchange) => {
      exchange.respond(200, [])
      exchange.end(Buffer.alloc(100_000))
    }, limits)
    await using peer = await server.peer()
    peer.request(1)
    expect(await peer.resetCode(1)).toBe(errorCode.cancel)
    expect(server.exchanges[0]?.closed).toBe(true)
    await peer.settled()
  })

  test('a client that opens its window by single bytes loses the stream', async () => {
    const limits = { stalledTimeoutMs: 100, sweepIntervalMs }
    await using server = await serveFrames((exchange) => {
      exchange.respond(200, [])
      exchange.end(Buffer.alloc(100_000))
    }, limits)
    await using peer = await server.peer()
    peer.request(1)
    peer.windowUpdate(0, 1_000_000)
    const dribble = setInterval(() => peer.windowUpdate(1, 1), 5)
    expect(await peer.resetCode(1)).toBe(errorCode.cancel)
    clearInterval(dribble)
  })

  test('a client that does not read is not read from, and is disconnected', async () => {
    const limits = { stalledTimeoutMs: 300, sweepIntervalMs, unsentBytesMax: 50_000 }
    await using server = await serveFrames(() => {}, limits)
    await using peer = await server.peer()
    peer.socket.pause()
    const pings = Buffer.concat(
      Array.from({ length: 1_000 }, () => Buffer.from('0000080600000000000000000000000000', 'hex')),
    )
    let sent = 0
    // Until the sockets are full, because the server stops reading.
    const ended = waitFor(() => server.http2.connectionCount === 0, { what: 'the end' })
    while (server.http2.connectionCount > 0 && sent < 100_000) {
      if (!peer.socket.write(pings)) await new Promise((resolve) => setTimeout(resolve, 5))
      sent += 1_000
    }
    await ended
  })
})

describe('a connection without a stream', () => {
  test('an idle connection is drained after a while', async () => {
    const limits = { idleTimeoutMs: 50, drainPingTimeoutMs: 20, sweepIntervalMs }
    await using server = await serveFrames(respond, limits)
    await using peer = await server.peer()
    peer.request(1)
    await peer.response(1)
    expect(await peer.goawayCode()).toBe(errorCode.noError)
  })

  test('an idle connection wakes the process once before it is idle for too long', async () => {
    const clock = createManualClock()
    await using server = await serveFrames(respond, {}, { clock })
    await using peer = await server.peer()
    await peer.settled()
    clock.advance(http2Limits.idleTimeoutMs - 1_000)
    // The timer that was set for the handshake.
    expect(clock.runCount).toBe(1)
    clock.advance(2_000)
    expect(await peer.goawayCode()).toBe(errorCode.noError)
  })

  test('a connection with a stream is not idle', async () => {
    const limits = { idleTimeoutMs: 30, drainPingTimeoutMs: 20, sweepIntervalMs }
    const clock = createManualClock()
    await using server = await serveFrames(() => {}, limits, { clock })
    await using peer = await server.peer()
    peer.request(1)
    await peer.settled()
    clock.advance(10_000)
    await peer.settled()
    expect(peer.frames.some(({ type }) => type === frameType.goaway)).toBe(false)
    respond(server.exchanges[0] as Exchange)
    await peer.response(1)
    clock.advance(10_000)
    expect(await peer.goawayCode()).toBe(errorCode.noError)
  })
})

test('an old connection is drained, and its streams are not aborted', async () => {
  const limits = { ageMaxMs: 50, drainPingTimeoutMs: 20, sweepIntervalMs }
  await using server = await serveFrames(() => {}, limits)
  await using peer = await server.peer()
  peer.request(1)
  await waitFor(() => peer.frames.filter(({ type }) => type === frameType.goaway).length === 2, {
    what: 'both GOAWAYs',
  })
  respond(server.exchanges[0] as Exchange)
  await peer.response(1)
  expect(await peer.goawayCode()).toBe(errorCode.noError)
})

alsoOnDenoAndNode(import.meta.filename)
