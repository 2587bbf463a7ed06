import { expect, test } from 'bun:test'
import { settingId, settingsPayload } from '../frames/settings.ts'
import { frameType } from '../frames/wire.ts'
import { serveFrames, uint32 } from '../testing/frames-peer.ts'

test('a window that the peer shrinks becomes negative, and no byte is sent', async () => {
  await using server = await serveFrames((exchange) => {
    exchange.respond(200, [])
    exchange.end(Buffer.alloc(100_000))
  })
  await using peer = await server.peer()
  const sentBytes = () =>
    peer.frames
      .filter(({ type }) => type === frameType.data)
      .reduce((sum, { payload }) => sum + payload.length, 0)
  peer.windowUpdate(0, 100_000)
  peer.request(1)
  await peer.settled()
  expect(sentBytes()).toBe(65_535)
  peer.send(frameType.settings, 0, 0, settingsPayload([[settingId.initialWindowSize, 0]]))
  peer.windowUpdate(1, 100)
  await peer.settled()
  expect(sentBytes()).toBe(65_535)
  peer.send(frameType.windowUpdate, 0, 1, uint32(99_900))
  await peer.response(1)
  expect(sentBytes()).toBe(100_000)
})
