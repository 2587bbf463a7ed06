import { expect, test } from 'bun:test'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import type { Exchange } from '../../exchange.ts'
import { headerListBytes } from '../../header-list.ts'
import { settingId, settingsPayload } from '../frames/settings.ts'
import { errorCode, frameType } from '../frames/wire.ts'
import { type FramesPeer, serveFrames } from '../testing/frames-peer.ts'

alsoOnDenoAndNode(import.meta.filename)

const bytesMax = 200
/** A given date is kept: a forwarded response has the date of its origin. */
const head = ['date', 'Sat, 28 Nov 2026 12:00:00 GMT', 'content-type', 'application/grpc']
const status = [':status', '200', ...head]

/**
 * A client that accepts lists of 200 bytes, and a server that responds to each of its requests in
 * turn.
 */
async function connect(...responses: ((exchange: Exchange) => void)[]) {
  const server = await serveFrames((exchange) => responses.shift()?.(exchange))
  const peer = await server.peer()
  peer.send(frameType.settings, 0, 0, settingsPayload([[settingId.maxHeaderListSize, bytesMax]]))
  await peer.settled()
  return { server, peer }
}

/** Returns a list of `headers` that counts as `bytes`. */
function listOf(bytes: number, headers: readonly string[]): string[] {
  const rest = bytes - headerListBytes([...headers, 'x', ''])
  return [...headers, 'x', 'v'.repeat(rest)]
}

const fine = (exchange: Exchange) => {
  exchange.respond(200, head)
  exchange.end(Buffer.from('ok'), ['grpc-status', '0'])
}

async function expectFine(peer: FramesPeer, streamId: number): Promise<void> {
  peer.request(streamId)
  const frames = await peer.response(streamId)
  expect(frames.map(({ headers }) => headers)).toEqual([status, undefined, ['grpc-status', '0']])
}

test("headers within the client's limit are sent, longer ones end their stream", async () => {
  const respondWith = (bytes: number) => (exchange: Exchange) => {
    exchange.respond(200, listOf(bytes, status).slice(2))
    exchange.end(Buffer.from('ok'))
  }
  const { server, peer } = await connect(respondWith(bytesMax), respondWith(bytesMax + 1), fine)
  await using _ = server
  peer.request(1)
  expect((await peer.response(1))[0]?.headers).toEqual(listOf(bytesMax, status))
  peer.request(3)
  expect(await peer.resetCode(3)).toBe(errorCode.internalError)
  expect((await peer.response(3)).map(({ type }) => type)).toEqual([frameType.resetStream])
  expect(server.exchanges[1]?.closed).toBe(true)
  await expectFine(peer, 5)
})

test("trailers within the client's limit are sent, longer ones end their stream", async () => {
  const respondWith = (bytes: number) => (exchange: Exchange) => {
    exchange.respond(200, head)
    exchange.end(Buffer.from('ok'), listOf(bytes, []))
  }
  const { server, peer } = await connect(respondWith(bytesMax), respondWith(bytesMax + 1), fine)
  await using _ = server
  peer.request(1)
  expect((await peer.response(1)).at(-1)?.headers).toEqual(listOf(bytesMax, []))
  peer.request(3)
  expect(await peer.resetCode(3)).toBe(errorCode.internalError)
  await expectFine(peer, 5)
})

test('too long trailers that wait after a body end their stream alone', async () => {
  const body = Buffer.alloc(100_000)
  const { server, peer } = await connect((exchange) => {
    exchange.respond(200, head)
    exchange.end(body, listOf(bytesMax + 1, []))
  }, fine)
  await using _ = server
  peer.request(1)
  await peer.next(({ type, streamId }) => type === frameType.data && streamId === 1)
  peer.windowUpdate(1, body.length)
  peer.windowUpdate(0, body.length)
  expect(await peer.resetCode(1)).toBe(errorCode.internalError)
  await expectFine(peer, 3)
})

test("an exchange has the client's limit of header lists", async () => {
  const { server, peer } = await connect(fine)
  await using _ = server
  await expectFine(peer, 1)
  expect(server.exchanges[0]?.headerListBytesMax).toBe(bytesMax)
})
