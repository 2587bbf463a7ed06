import { describe, expect, test } from 'bun:test'
import { once } from 'node:events'
import { clientPreface, errorCode, frameFlag, frameType } from '@marquee/http/http2/frames/wire'
import { toFrame, uint32 } from '../../packages/http/http2/testing/frames-peer.ts'
import { flood } from './flood.ts'
import { underAttack } from './under-attack.ts'

const nothing = Buffer.alloc(0)
const { ping, settings, priority, windowUpdate, goaway, data } = frameType
const mebibyte = 1024 ** 2
const root = [':scheme', 'http', ':authority', 'a']
const calm = errorCode.enhanceYourCalm

type Flood = readonly [name: string, frame: Buffer]

const floods: readonly Flood[] = [
  ['PING (CVE-2019-9512)', toFrame(ping, 0, 0, Buffer.alloc(8))],
  ['acknowledgements of PING', toFrame(ping, 1, 0, Buffer.alloc(8))],
  ['empty SETTINGS (CVE-2019-9515)', toFrame(settings, 0, 0, nothing)],
  ['acknowledgements of SETTINGS', toFrame(settings, 1, 0, nothing)],
  ['PRIORITY (CVE-2019-9513)', toFrame(priority, 0, 1, Buffer.from([0, 0, 0, 3, 1]))],
  ['WINDOW_UPDATE', toFrame(windowUpdate, 0, 0, uint32(1))],
  ['GOAWAY', toFrame(goaway, 0, 0, Buffer.alloc(8))],
  ['frames of an unknown type', toFrame(0xbe, 0, 0, nothing)],
  ['large frames of an unknown type', toFrame(0xbe, 0, 0, Buffer.alloc(16_384))],
]

describe('a connection with a flood of frames without content is closed', () => {
  test.each(floods)('%s', async (_, frame) => {
    await underAttack({}, async ({ peer }) => {
      const attacker = await peer()
      await flood(attacker.socket, frame, 1_000_000)
      expect(await attacker.goawayCode()).toBe(calm)
    })
  })
})

describe('a connection with a flood of empty DATA is closed (CVE-2019-9518)', () => {
  test.each([
    ['empty', toFrame(data, 0, 1, nothing)],
    ['of padding', toFrame(data, frameFlag.padded, 1, Buffer.from([9, 0, 0, 0, 0, 0, 0, 0, 0, 0]))],
  ])('%s', async (_, frame) => {
    await underAttack({}, async ({ peer, release }) => {
      const attacker = await peer()
      attacker.request(1, [':method', 'POST', ...root, ':path', '/hold'], false)
      await flood(attacker.socket, frame, 1_000_000)
      expect(await attacker.goawayCode()).toBe(errorCode.enhanceYourCalm)
      await release()
    })
  })
})

test('a client that keeps sending after its connection was closed is not read', async () => {
  await underAttack({ http2: { closeTimeoutMs: 400 } }, async ({ dial }) => {
    const socket = dial()
    socket.write(clientPreface)
    socket.write(toFrame(settings, 0, 0, nothing))
    await flood(socket, toFrame(priority, 0, 1, Buffer.from([0, 0, 0, 3, 1])), 20_000)
    await once(socket.resume(), 'end')
    const count = 400
    expect(await flood(socket, Buffer.alloc(mebibyte), count)).toBeLessThan(count / 2)
  })
})
