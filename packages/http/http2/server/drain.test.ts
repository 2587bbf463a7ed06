import { describe, expect, test } from 'bun:test'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { waitFor } from '@marquee/testing/wait-for'
import type { Exchange } from '../../exchange.ts'
import { errorCode, frameFlag, frameType, int31Max, readUint32 } from '../frames/wire.ts'
import { type FramesPeer, serveFrames } from '../testing/frames-peer.ts'

const hold = { drainPingTimeoutMs: 60_000, sweepIntervalMs: 10 }

function respond(exchange: Exchange): void {
  exchange.respond(200, [])
  exchange.end(Buffer.from('done'))
}

/** The last stream that each GOAWAY names. */
function goaways({ frames }: FramesPeer): number[] {
  return frames
    .filter(({ type }) => type === frameType.goaway)
    .map(({ payload }) => readUint32(payload, 0))
}

/** The PING that follows the first GOAWAY. */
function drainPing(peer: FramesPeer) {
  return peer.next(({ type, flags }) => type === frameType.ping && flags === 0)
}

async function pong(peer: FramesPeer): Promise<void> {
  const { payload } = await drainPing(peer)
  peer.send(frameType.ping, frameFlag.ack, 0, payload)
}

describe('an HTTP/2 connection that drains', () => {
  test('a draining connection accepts streams until its second GOAWAY', async () => {
    await using server = await serveFrames(() => {}, hold)
    await using peer = await server.peer()
    peer.request(1)
    await peer.settled()
    const drained = server.http2.drain()
    await drainPing(peer)
    expect(goaways(peer)).toEqual([int31Max])
    peer.request(3)
    await pong(peer)
    await waitFor(() => goaways(peer).length === 2, { what: 'the second GOAWAY' })
    expect(goaways(peer)).toEqual([int31Max, 3])
    peer.request(5, [], false)
    peer.data(5, 'x', true)
    await peer.settled()
    expect(server.exchanges).toHaveLength(2)
    for (const exchange of server.exchanges) respond(exchange)
    expect(await peer.goawayCode()).toBe(errorCode.noError)
    const ended = peer.frames.filter(({ flags, type }) => type === frameType.data && flags === 1)
    expect(ended.map(({ streamId }) => streamId)).toEqual([1, 3])
    await drained
    expect(server.http2.connectionCount).toBe(0)
  })

  test('a draining connection without streams closes after the PING', async () => {
    await using server = await serveFrames(() => {}, hold)
    await using peer = await server.peer()
    await peer.settled()
    const drained = server.http2.drain()
    await pong(peer)
    expect(await peer.goawayCode()).toBe(errorCode.noError)
    await drained
  })

  test('a draining connection closes when its client does not respond to the PING', async () => {
    await using server = await serveFrames(() => {}, { ...hold, drainPingTimeoutMs: 20 })
    await using peer = await server.peer()
    await peer.settled()
    await server.http2.drain()
    expect(await peer.goawayCode()).toBe(errorCode.noError)
    expect(goaways(peer)).toEqual([int31Max, 0])
  })

  test('a draining connection waits until an unread request is refused', async () => {
    await using server = await serveFrames(respond, { ...hold, refusalDelayMs: 20 })
    await using peer = await server.peer()
    peer.request(1, [], false)
    await peer.response(1)
    const drained = server.http2.drain()
    await pong(peer)
    expect(await peer.resetCode(1)).toBe(errorCode.noError)
    await drained
  })
})

test('a connection that opens while the server drains is drained too', async () => {
  await using server = await serveFrames(() => {}, hold)
  await using first = await server.peer()
  first.request(1)
  await first.settled()
  const drained = server.http2.drain()
  await using second = await server.peer()
  await pong(second)
  expect(await second.goawayCode()).toBe(errorCode.noError)
  await pong(first)
  respond(server.exchanges[0] as Exchange)
  await drained
})

test('a server without connections drains at once', async () => {
  await using server = await serveFrames(() => {}, hold)
  await server.http2.drain()
})

test('a destroyed server closes connections and notifies exchanges', async () => {
  await using server = await serveFrames(() => {}, hold)
  await using peer = await server.peer()
  peer.request(1)
  await peer.settled()
  const causes: unknown[] = []
  const exchange = server.exchanges[0] as Exchange
  exchange.onClose = (cause) => causes.push(cause?.message)
  server.http2.destroy()
  expect(causes).toEqual(['the server is closed'])
  expect(server.http2.connectionCount).toBe(0)
  await waitFor(() => peer.closed, { what: 'the end' })
})

alsoOnDenoAndNode(import.meta.filename)
