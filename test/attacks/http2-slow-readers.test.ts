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

/** Opens an HTTP/2 connection with open windows that is never read. */
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

    test('a reader that does not read a large response gets little of it, and is closed', async () => {
      await underAttack(options, async ({ dial, rawPeer }) => {
        const socket = dial()
        unreadConnection(socket, encoder(rawPeer()), [`/bytes/${gibibyte}`])
        await cut(socket)
      })
    })

    test('responses on a connection that is not read are queued up to a limit, then dropped', async () => {
      await underAttack(options, async ({ dial, rawPeer }) => {
        const socket = dial()
        const paths = Array.from({ length: concurrentStreamsMax }, () => `/bytes/${gibibyte}`)
        unreadConnection(socket, encoder(rawPeer()), paths)
        await cut(socket)
      })
    })

    test('responses for windows of zero are queued up to a limit, then reset (CVE-2019-9517)', async () => {
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

    test('responses to PING that are not read are bounded: the server stops reading too', async () => {
      const patient = { ...http2, idleFrames: { burst: 1e9, perSecond: 1e9 } }
      await underAttack({ ...options, http2: patient }, async ({ dial, rawPeer }) => {
        const socket = dial()
        unreadConnection(socket, encoder(rawPeer()), [])
        // More than a hundred sockets can buffer.
        const count = (400 * mebibyte) / 17
        expect(await flood(socket, toFrame(ping, 0, 0, Buffer.alloc(8)), count)).toBeLessThan(count)
      })
    })
  })
}

/** Returns the encoder of a connection. */
const encoder = (peer: FramesPeer) => peer.encode.bind(peer)

/** Resolves when the server has closed a connection that is not read. Only a write detects that. */
async function cut(socket: Socket): Promise<void> {
  const isCut = () => {
    if (isOpen(socket))
      socket.write(toFrame(frameType.priority, 0, 1, Buffer.from([0, 0, 0, 3, 1])))
    return !isOpen(socket)
  }
  await waitFor(isCut, { what: 'the end of the connection' })
}

test('complete responses are limited by streams, and dropped with their connection (CVE-2019-9517)', async () => {
  const bytes = 256 * 1024
  // All that a connection may request at once, and what the runtime frees late.
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

test('a reader that takes single bytes does not count as reading (CVE-2019-9511)', async () => {
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

test('windows that are opened byte by byte, fast, close the connection', async () => {
  await underAttack({}, async ({ peer }) => {
    const attacker = await peer(closed)
    attacker.request(1, get(`/bytes/${mebibyte}`))
    await flood(attacker.socket, toFrame(windowUpdate, 0, 1, uint32(1)), 100_000)
    expect(await attacker.goawayCode()).toBe(errorCode.enhanceYourCalm)
  })
})

test('windows that SETTINGS open and close repeatedly close the connection', async () => {
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
