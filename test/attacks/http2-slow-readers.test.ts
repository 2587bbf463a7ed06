import { expect, test } from 'bun:test'
import type { Socket } from 'node:net'
import { clientPreface, errorCode, frameFlag, frameType } from '@marquee/http/http2/frames/wire'
import { http2Limits } from '@marquee/http/http2/limits'
import { describeWith } from '@marquee/testing/requirements'
import { runtime } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { settingId, settingsPayload } from '../../packages/http/http2/frames/settings.ts'
import { type FramesPeer, toFrame, uint32 } from '../../packages/http/http2/testing/frames-peer.ts'
import { flood, isOpen, pause } from './flood.ts'
import { underAttack } from './under-attack.ts'

const { endStream, endHeaders } = frameFlag
const { headers, settings, windowUpdate, ping } = frameType
const gibibyte = 1024 ** 3
const mebibyte = 1024 ** 2
const { concurrentStreamsMax } = http2Limits
const windowMax = 2 ** 31 - 1

const get = (path: string) => [
  ...[':method', 'GET', ':scheme', 'http', ':authority', 'a', ':path', path],
]
const open = settingsPayload([[settingId.initialWindowSize, windowMax]])
const closed = settingsPayload([[settingId.initialWindowSize, 0]])
const http2 = { stalledTimeoutMs: 400 }

/** An HTTP/2 connection with all windows open that is never read from. */
function unreadConnection(socket: Socket, encode: FramesPeer['encode'], paths: readonly string[]) {
  socket.pause()
  socket.write(clientPreface)
  socket.write(toFrame(settings, 0, 0, open))
  socket.write(toFrame(settings, frameFlag.ack, 0, Buffer.alloc(0)))
  socket.write(toFrame(windowUpdate, 0, 0, uint32(windowMax - 65_535)))
  for (const [index, path] of paths.entries()) {
    const block = encode(get(path))
    socket.write(toFrame(headers, endStream | endHeaders, 1 + 2 * index, block))
  }
}

for (const name of ['bun', 'deno', 'node'] as const) {
  describeWith(runtime(name), `on ${name}`, () => {
    const options = { runtime: name, http2 }

    test('a reader that takes nothing of a large answer is given next to nothing, and cut', async () => {
      await underAttack(options, async ({ dial, rawPeer }) => {
        const socket = dial()
        unreadConnection(socket, encoder(rawPeer()), [`/bytes/${gibibyte}`])
        await cut(socket)
      })
    })

    test('many answers for a connection that is not read wait, bounded, and are dropped', async () => {
      await underAttack(options, async ({ dial, rawPeer }) => {
        const socket = dial()
        const paths = Array.from({ length: concurrentStreamsMax }, () => `/bytes/${gibibyte}`)
        unreadConnection(socket, encoder(rawPeer()), paths)
        await cut(socket)
      })
    })

    test('answers for windows of nothing wait, bounded, and are reset (CVE-2019-9517)', async () => {
      await underAttack(options, async ({ peer }) => {
        const attacker = await peer(closed)
        for (let count = 0; count < concurrentStreamsMax; count++) {
          attacker.request(1 + 2 * count, get(`/bytes/${gibibyte}`))
        }
        for (let count = 0; count < concurrentStreamsMax; count++) {
          expect(await attacker.resetCode(1 + 2 * count)).toBe(errorCode.cancel)
        }
        await attacker.settled()
      })
    })

    test('answers to PING that nobody reads are bounded: the server does not read either', async () => {
      const patient = { ...http2, idleFrames: { burst: 1e9, perSecond: 1e9 } }
      await underAttack({ ...options, http2: patient }, async ({ dial, rawPeer }) => {
        const socket = dial()
        unreadConnection(socket, encoder(rawPeer()), [])
        // As much as goes into a hundred sockets.
        const count = (400 * mebibyte) / 17
        expect(await flood(socket, toFrame(ping, 0, 0, Buffer.alloc(8)), count)).toBeLessThan(count)
      })
    })
  })
}

/** The encoder of a connection that is not used. */
const encoder = (peer: FramesPeer) => peer.encode.bind(peer)

/** The server ends the connection while nothing is read. Only what is written finds out. */
async function cut(socket: Socket): Promise<void> {
  const isCut = () => {
    if (isOpen(socket))
      socket.write(toFrame(frameType.priority, 0, 1, Buffer.from([0, 0, 0, 3, 1])))
    return !isOpen(socket)
  }
  await waitFor(isCut, { what: 'the end of the connection' })
}

test('answers that are whole at once are as many as streams, and dropped with their connection (CVE-2019-9517)', async () => {
  const bytes = 256 * 1024
  // All that a connection may ask for at once, and what the runtime frees late.
  const grownBytesMax = concurrentStreamsMax * bytes + 96 * mebibyte
  await underAttack({ http2, grownBytesMax }, async ({ dial, rawPeer, state }) => {
    const before = await state()
    const socket = dial()
    const paths = Array.from({ length: 1_800 }, () => `/whole/${bytes}`)
    unreadConnection(socket, encoder(rawPeer()), paths)
    await cut(socket)
    const { requestCount } = await state()
    expect(requestCount - before.requestCount).toBeLessThan(2 * concurrentStreamsMax)
  })
})

test('a reader that dribbles is not taken for one that reads (CVE-2019-9511)', async () => {
  await underAttack({ http2 }, async ({ peer }) => {
    const attacker = await peer(closed)
    attacker.request(1, get(`/bytes/${mebibyte}`))
    while (!attacker.frames.some(({ type }) => type === frameType.resetStream)) {
      attacker.windowUpdate(1, 1)
      await pause(10)
    }
    expect(await attacker.resetCode(1)).toBe(errorCode.cancel)
  })
})

test('windows that open byte by byte, fast, end the connection', async () => {
  await underAttack({}, async ({ peer }) => {
    const attacker = await peer(closed)
    attacker.request(1, get(`/bytes/${mebibyte}`))
    await flood(attacker.socket, toFrame(windowUpdate, 0, 1, uint32(1)), 100_000)
    expect(await attacker.goawayCode()).toBe(errorCode.enhanceYourCalm)
  })
})

test('windows that open and close by SETTINGS, over and over, end the connection', async () => {
  await underAttack({}, async ({ peer }) => {
    const attacker = await peer(closed)
    for (let count = 0; count < concurrentStreamsMax; count++) {
      attacker.request(1 + 2 * count, get(`/bytes/${mebibyte}`))
    }
    const toggle = [
      toFrame(settings, 0, 0, settingsPayload([[settingId.initialWindowSize, 1]])),
      toFrame(settings, 0, 0, closed),
    ]
    await flood(attacker.socket, Buffer.concat(toggle), 10_000)
    expect(await attacker.goawayCode()).toBe(errorCode.enhanceYourCalm)
  })
})
