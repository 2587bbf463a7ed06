import { describe, expect, test } from 'bun:test'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { waitFor } from '@marquee/testing/wait-for'
import type { Exchange } from '../../exchange.ts'
import { settingId, settingsPayload } from '../frames/settings.ts'
import { errorCode, frameFlag, frameType, readUint32 } from '../frames/wire.ts'
import { type FramesPeer, type FramesServer, serveFrames, uint32 } from '../testing/frames-peer.ts'

const windows = (bytes: number) => settingsPayload([[settingId.initialWindowSize, bytes]])

/** Bytes of DATA that have arrived, of one stream or of all. */
function received({ frames }: FramesPeer, streamId?: number): number {
  return frames
    .filter(({ type }) => type === frameType.data)
    .filter((frame) => streamId === undefined || frame.streamId === streamId)
    .reduce((sum, { payload }) => sum + payload.length, 0)
}

/** Bytes that the peer was allowed on top, on a stream or the connection. */
function allowed({ frames }: FramesPeer, streamId: number): number {
  return frames
    .filter((frame) => frame.type === frameType.windowUpdate && frame.streamId === streamId)
    .reduce((sum, { payload }) => sum + readUint32(payload, 0), 0)
}

/** Waits for exactly this number of bytes. Queued DATA may come after the response to a PING. */
async function receives(peer: FramesPeer, bytes: number): Promise<void> {
  await waitFor(() => received(peer) >= bytes, { what: `${bytes} bytes`, intervalMs: 2 })
  await peer.settled()
  await peer.settled()
  expect(received(peer)).toBe(bytes)
}

function answerWith(bytes: number) {
  return (exchange: Exchange) => {
    exchange.respond(200, [])
    exchange.end(Buffer.alloc(bytes), ['x-end', '1'])
  }
}

describe('the windows of responses', () => {
  test('a response stays within the windows of stream and connection', async () => {
    await using server = await serveFrames(answerWith(200_000))
    await using peer = await server.peer()
    peer.request(1)
    await receives(peer, 65_535)
    peer.windowUpdate(1, 100_000)
    await receives(peer, 65_535)
    peer.windowUpdate(0, 50_000)
    await receives(peer, 115_535)
    peer.windowUpdate(0, 1_000_000)
    await receives(peer, 165_535)
    peer.windowUpdate(1, 1_000_000)
    const frames = await peer.response(1)
    expect(received(peer)).toBe(200_000)
    expect(frames.at(-1)?.headers).toEqual(['x-end', '1'])
    const sizes = frames.map(({ payload }) => payload.length)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(16_384)
  })

  test('a response waits when SETTINGS make its window negative', async () => {
    await using server = await serveFrames(answerWith(1_000))
    await using peer = await server.peer()
    peer.send(frameType.settings, 0, 0, windows(100))
    peer.request(1)
    await receives(peer, 100)
    peer.send(frameType.settings, 0, 0, windows(50))
    peer.windowUpdate(1, 50)
    await receives(peer, 100)
    peer.windowUpdate(1, 1)
    await receives(peer, 101)
    peer.send(frameType.settings, 0, 0, windows(10_000))
    await peer.response(1)
    expect(received(peer)).toBe(1_000)
  })

  test('a response without a window sends its head, and trailers without a body', async () => {
    await using server = await serveFrames((exchange) => {
      exchange.respond(200, [])
      exchange.end(exchange.target === '/' ? Buffer.from('x') : undefined, ['x-end', '1'])
    })
    await using peer = await server.peer()
    peer.send(frameType.settings, 0, 0, windows(0))
    peer.request(1)
    peer.request(3, [':method', 'GET', ':scheme', 'http', ':path', '/none'])
    await peer.response(3)
    await peer.settled()
    const ofFirst = peer.frames.filter(({ streamId }) => streamId === 1)
    expect(ofFirst.map(({ type, flags }) => [type, flags])).toEqual([
      [frameType.headers, frameFlag.endHeaders],
    ])
    peer.windowUpdate(1, 1)
    await peer.response(1)
  })

  test('responses share the connection, one frame each in turn', async () => {
    await using server = await serveFrames(answerWith(400_000), { gatheredBytesMax: 32_768 })
    await using peer = await server.peer()
    peer.send(frameType.settings, 0, 0, windows(1_000_000))
    for (const streamId of [1, 3, 5, 7]) peer.request(streamId)
    await peer.settled()
    peer.windowUpdate(0, 10_000_000)
    for (const streamId of [1, 3, 5, 7]) await peer.response(streamId)
    const order = peer.frames.filter(({ type }) => type === frameType.data).slice(8)
    // While all have something to send, none sends twice before each other one has sent once.
    for (let index = 0; index + 4 <= 80; index += 4) {
      const turn = order.slice(index, index + 4).map(({ streamId }) => streamId)
      expect(new Set(turn).size).toBe(4)
    }
  })

  test('a writer waits for room, and continues when there is some', async () => {
    const events: boolean[] = []
    await using server = await serveFrames(async (exchange) => {
      exchange.respond(200, [])
      for (let index = 0; index < 20; index++) {
        events.push(exchange.write(Buffer.alloc(10_000)))
        if (!events.at(-1)) await exchange.drained()
      }
      exchange.end()
    })
    await using peer = await server.peer()
    peer.request(1)
    await peer.settled()
    // Six chunks pass at once within the window. Six and a part of one wait.
    expect(events).toHaveLength(13)
    expect(events.at(-1)).toBe(false)
    peer.windowUpdate(0, 1_000_000)
    peer.windowUpdate(1, 1_000_000)
    await peer.response(1)
    expect(events).toHaveLength(20)
    expect(received(peer)).toBe(200_000)
  })

  test('a waiting writer continues when the client leaves', async () => {
    let woken = false
    await using server = await serveFrames(async (exchange) => {
      exchange.respond(200, [])
      while (exchange.write(Buffer.alloc(10_000))) {}
      await exchange.drained()
      woken = exchange.closed
      exchange.abort()
    })
    await using peer = await server.peer()
    peer.request(1)
    await peer.settled()
    peer.send(frameType.resetStream, 0, 1, uint32(errorCode.cancel))
    await waitFor(() => woken, { what: 'the writer to be woken' })
  })
})

describe('the windows of requests', () => {
  const limits = { streamWindowBytes: 100_000, connectionWindowBytes: 200_000 }

  test('a request may send its window, and more when that was taken', async () => {
    await using server = await serveFrames(() => {}, limits)
    await using peer = await server.peer()
    const settings = peer.frames.find(({ type }) => type === frameType.settings)
    expect(settings?.payload.includes(windows(100_000))).toBe(true)
    expect(allowed(peer, 0)).toBe(200_000 - 65_535)
    peer.request(1, [], false)
    for (let index = 0; index < 10; index++) {
      peer.data(1, Buffer.alloc(10_000))
      await peer.settled()
    }
    expect(allowed(peer, 1)).toBe(0)
    const { body } = server.exchanges[0] as Exchange
    let taken = 0
    while (taken < 40_000) taken += body.take()?.length ?? 0
    await peer.settled()
    expect(allowed(peer, 1)).toBe(0)
    while (taken < 60_000) taken += body.take()?.length ?? 0
    await peer.settled()
    expect(allowed(peer, 1)).toBe(50_000)
    for (let chunk = body.take(); chunk; chunk = body.take()) taken += chunk.length
    await peer.settled()
    expect(allowed(peer, 0)).toBe(200_000 - 65_535 + 100_000)
  })

  test('a request beyond its window loses its stream', async () => {
    await using server = await serveFrames(() => {}, limits)
    await using peer = await server.peer()
    await peer.settled()
    peer.request(1, [], false)
    for (let index = 0; index < 10; index++) peer.data(1, Buffer.alloc(10_000))
    await peer.settled()
    peer.data(1, 'x')
    expect(await peer.resetCode(1)).toBe(errorCode.flowControlError)
    await peer.settled()
  })

  test('requests beyond the window of the connection lose the connection', async () => {
    await using server = await serveFrames(() => {}, limits)
    await using peer = await server.peer()
    for (const streamId of [1, 3, 5]) {
      peer.request(streamId, [], false)
      for (let index = 0; index < 7; index++) peer.data(streamId, Buffer.alloc(10_000))
    }
    expect(await peer.goawayCode()).toBe(errorCode.flowControlError)
  })

  const bodyBytes = 1_000_000

  /**
   * Sends a body as a client does: within the credit that it has. Returns whether all was sent.
   * @param otherBytes Bytes that were sent on other streams.
   */
  async function sendBody(peer: FramesPeer, streamId: number, otherBytes: number) {
    let [ofStream, ofConnection] = [100_000, 65_535 - otherBytes]
    for (let sent = 0; sent < bodyBytes; sent += 10_000) {
      const credit = () =>
        Math.min(allowed(peer, streamId) + ofStream, allowed(peer, 0) + ofConnection)
      if (credit() < 10_000) await peer.settled()
      if (credit() < 10_000) return false
      peer.data(streamId, Buffer.alloc(10_000))
      ofStream -= 10_000
      ofConnection -= 10_000
    }
    peer.data(streamId, '', true)
    return true
  }

  /** Reads the bodies of this path; nobody reads the others. */
  const readWhole = async (exchange: Exchange) => {
    if (exchange.target !== '/read') return
    const { body } = exchange
    while (!body.ended) if (body.take() === undefined) await body.ready()
    exchange.respond(200, [])
    exchange.end()
  }
  const read = [':method', 'POST', ':scheme', 'http', ':path', '/read']

  /** Two bodies that nobody reads take 180,000 of the connection's 200,000 bytes. */
  async function withUnread(server: FramesServer): Promise<FramesPeer> {
    const peer = await server.peer()
    for (const streamId of [1, 3]) {
      peer.request(streamId, [], false)
      for (let index = 0; index < 9; index++) peer.data(streamId, Buffer.alloc(10_000))
    }
    await peer.settled()
    return peer
  }

  test('a body that is read arrives whole while others hold most of the window', async () => {
    await using server = await serveFrames(readWhole, limits)
    await using peer = await withUnread(server)
    peer.request(5, read, false)
    expect(await sendBody(peer, 5, 180_000)).toBe(true)
    await peer.response(5)
  })

  test('a body that is read arrives whole after others have taken all of the window', async () => {
    await using server = await serveFrames(readWhole, limits)
    await using peer = await withUnread(server)
    peer.request(5, read, false)
    await peer.settled()
    // Its reader waits already when a third body takes the rest.
    peer.request(7, [], false)
    for (let index = 0; index < 2; index++) peer.data(7, Buffer.alloc(10_000))
    await peer.settled()
    expect(allowed(peer, 0)).toBe(200_000 - 65_535 + 100_000)
    expect(await sendBody(peer, 5, 200_000)).toBe(true)
    await peer.response(5)
  })

  test('credit beyond the window is repaid when the bodies are read', async () => {
    await using server = await serveFrames(readWhole, limits)
    await using peer = await withUnread(server)
    peer.request(5, read, false)
    expect(await sendBody(peer, 5, 180_000)).toBe(true)
    await peer.response(5)
    for (const { body } of server.exchanges.slice(0, 2)) while (body.take()) {}
    await peer.settled()
    const ahead = allowed(peer, 0) + 65_535 - 180_000 - bodyBytes
    expect(ahead).toBeGreaterThan(100_000)
    expect(ahead).toBeLessThanOrEqual(200_000)
  })

  test('nothing is lent while no reader waits', async () => {
    await using server = await serveFrames(readWhole, limits)
    await using peer = await withUnread(server)
    peer.request(5, [], false)
    for (let index = 0; index < 2; index++) peer.data(5, Buffer.alloc(10_000))
    await peer.settled()
    expect(allowed(peer, 0)).toBe(200_000 - 65_535)
  })

  test('a dropped request returns its window to the connection', async () => {
    await using server = await serveFrames((exchange) => exchange.abort(), limits)
    await using peer = await server.peer()
    const before = allowed(peer, 0)
    for (let streamId = 1; streamId < 40; streamId += 2) {
      peer.request(streamId, [], false)
      for (let index = 0; index < 5; index++) peer.data(streamId, Buffer.alloc(10_000))
      await peer.settled()
    }
    expect(allowed(peer, 0) - before).toBe(1_000_000)
  })

  test('padding of a request spends windows too', async () => {
    await using server = await serveFrames(() => {}, limits)
    await using peer = await server.peer()
    await peer.settled()
    peer.request(1, [], false)
    const padded = Buffer.alloc(10_000)
    padded[0] = 255
    for (let index = 0; index < 10; index++) peer.send(frameType.data, frameFlag.padded, 1, padded)
    await peer.settled()
    // Padding is not taken by a reader. Its credit is returned at once when it is enough.
    expect(allowed(peer, 1)).toBe(0)
    const { body } = server.exchanges[0] as Exchange
    let taken = 0
    for (let chunk = body.take(); chunk; chunk = body.take()) taken += chunk.length
    expect(taken).toBe(100_000 - 10 * 256)
    await peer.settled()
    expect(allowed(peer, 1)).toBeGreaterThanOrEqual(50_000)
  })
})

alsoOnDenoAndNode(import.meta.filename)
