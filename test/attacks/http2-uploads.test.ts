import { describe, expect, test } from 'bun:test'
import { errorCode, frameFlag, frameType } from '@marquee/http/http2/frames/wire'
import { http2Limits } from '@marquee/http/http2/limits'
import { describeWith } from '@marquee/testing/requirements'
import { runtime } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { type FramesPeer, toFrame } from '../../packages/http/http2/testing/frames-peer.ts'
import { flood } from './flood.ts'
import { underAttack } from './under-attack.ts'

const { data, headers } = frameType
const { flowControlError, frameSizeError } = errorCode
const { concurrentStreamsMax, streamWindowBytes, connectionWindowBytes } = http2Limits
const frameBytes = 16_384

const post = (path: string) => [
  ...[':method', 'POST', ':scheme', 'http', ':authority', 'a', ':path', path],
]

/** Sends bodies that no handler reads, up to the windows of the streams. */
function fillWindows(peer: FramesPeer, streams: number): void {
  for (let index = 0; index < streams; index++) {
    const streamId = 1 + 2 * index
    peer.request(streamId, post('/hold'), false)
    for (let sent = 0; sent < streamWindowBytes; sent += frameBytes) {
      peer.data(streamId, Buffer.alloc(frameBytes))
    }
  }
}

for (const name of ['bun', 'deno', 'node'] as const) {
  describeWith(runtime(name), `on ${name}`, () => {
    test('an upload that ignores the windows closes its connection', async () => {
      const http2 = { idleFrames: { burst: 1_000, perSecond: 100 }, closeTimeoutMs: 300 }
      await underAttack({ runtime: name, http2 }, async ({ peer, release }) => {
        const attacker = await peer()
        attacker.request(1, post('/hold'), false)
        await flood(attacker.socket, toFrame(data, 0, 1, Buffer.alloc(frameBytes)), 4_000)
        expect(await attacker.resetCode(1)).toBe(flowControlError)
        // DATA that still arrives for the stream is dropped for a while, because it may have been
        // in flight.
        expect(await attacker.goawayCode()).toBe(errorCode.enhanceYourCalm)
        await release()
      })
    })

    test('uploads that no handler reads cost a connection its window, however many they are', async () => {
      const connections = 24
      await underAttack({ runtime: name }, async ({ peer, release }) => {
        const attackers = await Promise.all(Array.from({ length: connections }, () => peer()))
        const streams = connectionWindowBytes / streamWindowBytes
        for (const attacker of attackers) fillWindows(attacker, streams)
        await Promise.all(attackers.map((attacker) => attacker.settled()))
        expect(attackers.flatMap(({ frames }) => frames.filter(isReset))).toEqual([])
        // One more byte exceeds the window.
        for (const attacker of attackers) {
          attacker.request(1 + 2 * streams, post('/hold'), false)
          attacker.data(1 + 2 * streams, 'x')
          expect(await attacker.goawayCode()).toBe(flowControlError)
        }
        await release()
      })
    })
  })
}

const isReset = ({ type }: { type: number }) => type === frameType.resetStream

test('uploads byte by byte are merged in memory', async () => {
  await underAttack({}, async ({ peer, release }) => {
    const attacker = await peer()
    for (let index = 0; index < concurrentStreamsMax; index++) {
      attacker.request(1 + 2 * index, post('/hold'), false)
    }
    const each = Array.from({ length: concurrentStreamsMax }, (_, index) =>
      toFrame(data, 0, 1 + 2 * index, Buffer.of(1)),
    )
    await flood(attacker.socket, Buffer.concat(each), 400)
    await attacker.settled()
    await release()
  })
})

test('bodies after a complete response are dropped, and their streams ended', async () => {
  await underAttack({}, async ({ peer }) => {
    const attacker = await peer()
    fillAnswered(attacker)
    for (let index = 0; index < 100; index++) {
      expect(await attacker.resetCode(1 + 2 * index)).toBe(errorCode.noError)
    }
    await attacker.settled()
  })
})

function fillAnswered(peer: FramesPeer): void {
  for (let index = 0; index < 100; index++) {
    peer.request(1 + 2 * index, post('/'), false)
    peer.data(1 + 2 * index, Buffer.alloc(4_096))
  }
}

describe('frames that announce more than they contain', () => {
  test('with a length beyond the limit close the connection before anything is buffered', async () => {
    await underAttack({}, async ({ peer, release }) => {
      const attacker = await peer()
      attacker.request(1, post('/hold'), false)
      attacker.socket.write(Buffer.from([0xff, 0xff, 0xff, data, 0, 0, 0, 0, 1]))
      expect(await attacker.goawayCode()).toBe(frameSizeError)
      await release()
    })
  })

  test('cost nothing while the server waits for them, and time out', async () => {
    const http2 = { idleTimeoutMs: 800, headersTimeoutMs: 800 }
    await underAttack({ http2 }, async ({ peer }) => {
      const attackers = await Promise.all(Array.from({ length: 200 }, () => peer()))
      for (const [index, attacker] of attackers.entries()) {
        const type = index % 2 === 0 ? data : headers
        attacker.socket.write(Buffer.from([0, 0x40, 0, type, frameFlag.endHeaders, 0, 0, 0, 1]))
      }
      const closed = () => attackers.every((attacker) => attacker.closed)
      await waitFor(closed, { what: 'the end of all connections' })
    })
  })
})

test('a connection whose windows are opened endlessly is closed', async () => {
  await underAttack({}, async ({ peer }) => {
    const attacker = await peer()
    for (let count = 0; count < 3; count++) attacker.windowUpdate(0, 2 ** 30)
    expect(await attacker.goawayCode()).toBe(flowControlError)
  })
})
