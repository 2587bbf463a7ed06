import { describe, expect, test } from 'bun:test'
import { errorCode, frameFlag, frameType } from '@marquee/http/http2/frames/wire'
import { http2Limits } from '@marquee/http/http2/limits'
import { type FramesPeer, toFrame, uint32 } from '../../packages/http/http2/testing/frames-peer.ts'
import { underAttack, waitForState } from './under-attack.ts'

const { endStream, endHeaders } = frameFlag
const { headers, resetStream, priority } = frameType
const whole = endStream | endHeaders
const calm = errorCode.enhanceYourCalm
const cancel = uint32(errorCode.cancel)
const { concurrentStreamsMax } = http2Limits

const pseudo = (path: string) => [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':authority', 'a'],
  [':path', path],
]
const hold = pseudo('/hold').flat()
const simple = pseudo('/').flat()

/** Number of frames that an attacker sends in a second, which is above the limit. */
const attempts = 20_000

/** Calls `act` on stream after stream until the connection ends. */
async function onEachStream(peer: FramesPeer, act: (streamId: number) => void): Promise<void> {
  for (let count = 0; count < attempts && peer.socket.writable; count++) {
    act(1 + 2 * count)
    if (peer.socket.writableNeedDrain || count % 200 === 199) {
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }
}

describe('rapid reset closes its connection (CVE-2023-44487)', () => {
  test('for streams that no handler has seen', async () => {
    await underAttack({}, async ({ peer, state }) => {
      const attacker = await peer()
      await onEachStream(attacker, (streamId) => {
        const pair = [
          toFrame(headers, whole, streamId, attacker.encode(hold)),
          toFrame(resetStream, 0, streamId, cancel),
        ]
        attacker.socket.write(Buffer.concat(pair))
      })
      expect(await attacker.goawayCode()).toBe(calm)
      expect((await state()).heldCount).toBeLessThanOrEqual(concurrentStreamsMax)
    })
  })

  test('for streams whose handlers continue, which count as streams', async () => {
    await underAttack({}, async ({ peer, state, release }) => {
      const attacker = await peer()
      for (let count = 0; count < concurrentStreamsMax; count++) {
        const streamId = 1 + 2 * count
        attacker.request(streamId, hold)
        if (count % 64 === 63) await attacker.settled()
        attacker.send(resetStream, 0, streamId, cancel)
      }
      await attacker.settled()
      const next = 1 + 2 * concurrentStreamsMax
      attacker.request(next, hold)
      await waitForState(state, ({ handlerCount }) => handlerCount > 4)
      await onEachStream(attacker, (streamId) => {
        const pair = [
          toFrame(headers, whole, next + 1 + streamId, attacker.encode(hold)),
          toFrame(resetStream, 0, next + 1 + streamId, cancel),
        ]
        attacker.socket.write(Buffer.concat(pair))
      })
      expect(await attacker.goawayCode()).toBe(calm)
      expect((await state()).heldCount).toBeLessThanOrEqual(concurrentStreamsMax)
      await release()
    })
  })
})

describe('streams beyond the limit', () => {
  test('are refused before a handler sees them, and too many close the connection', async () => {
    await underAttack({}, async ({ peer, state, release }) => {
      const attacker = await peer()
      for (let count = 0; count < concurrentStreamsMax + 10; count++) {
        attacker.request(1 + 2 * count, hold)
      }
      expect(await attacker.resetCode(1 + 2 * concurrentStreamsMax)).toBe(errorCode.refusedStream)
      await attacker.settled()
      expect((await state()).heldCount).toBe(concurrentStreamsMax)
      await onEachStream(attacker, (streamId) => {
        attacker.request(streamId + 2 * concurrentStreamsMax + 20, hold)
      })
      expect(await attacker.goawayCode()).toBe(calm)
      expect((await state()).heldCount).toBe(concurrentStreamsMax)
      await release()
    })
  })
})

type Provocation = readonly [name: string, act: (peer: FramesPeer, streamId: number) => void]

const open = (peer: FramesPeer, streamId: number, fields: readonly string[] = []) =>
  peer.request(streamId, [...hold, ...fields], false)

/**
 * Ways to open a stream and break a rule, so that the server resets it while its handler may
 * continue.
 */
const provocations: readonly Provocation[] = [
  [
    'WINDOW_UPDATE of nothing',
    (peer, streamId) => {
      open(peer, streamId)
      peer.windowUpdate(streamId, 0)
    },
  ],
  [
    'a window beyond 2^31-1',
    (peer, streamId) => {
      open(peer, streamId)
      peer.windowUpdate(streamId, 2 ** 31 - 1)
    },
  ],
  [
    'PRIORITY of another length',
    (peer, streamId) => {
      open(peer, streamId)
      peer.send(priority, 0, streamId, Buffer.alloc(4))
    },
  ],
  [
    'DATA on a half-closed stream',
    (peer, streamId) => {
      peer.request(streamId, hold)
      peer.data(streamId, 'x')
    },
  ],
  [
    'HEADERS on a half-closed stream',
    (peer, streamId) => {
      peer.request(streamId, hold)
      peer.request(streamId, hold)
    },
  ],
  [
    'DATA that is longer than its content-length',
    (peer, streamId) => {
      open(peer, streamId, ['content-length', '1'])
      peer.data(streamId, 'xx')
    },
  ],
  [
    'trailers with pseudo-header fields',
    (peer, streamId) => {
      open(peer, streamId)
      peer.send(headers, whole, streamId, peer.encode([':path', '/']))
    },
  ],
  [
    'HEADERS that neither begin nor end it',
    (peer, streamId) => {
      open(peer, streamId)
      peer.send(headers, endHeaders, streamId, Buffer.alloc(0))
    },
  ],
  ['malformed requests', (peer, streamId) => peer.request(streamId, [...hold, 'Upper', 'x'])],
  ['empty HEADERS', (peer, streamId) => peer.send(headers, whole, streamId)],
]

describe('resets that a client provokes close the connection (MadeYouReset, CVE-2025-8671)', () => {
  test.each(provocations)('by %s', async (_, act) => {
    await underAttack({}, async ({ peer, state, release }) => {
      const attacker = await peer()
      await onEachStream(attacker, (streamId) => act(attacker, streamId))
      expect(await attacker.goawayCode()).toBe(calm)
      expect((await state()).heldCount).toBeLessThanOrEqual(concurrentStreamsMax)
      await release()
    })
  })
})

describe('a connection with a flood of frames for closed streams is closed', () => {
  test.each([
    ['RST_STREAM (CVE-2019-9514)', toFrame(resetStream, 0, 1, cancel)],
    ['WINDOW_UPDATE', toFrame(frameType.windowUpdate, 0, 1, uint32(1))],
  ])('%s', async (_, frame) => {
    await underAttack({}, async ({ peer }) => {
      const attacker = await peer()
      attacker.request(1, simple)
      await attacker.response(1)
      await onEachStream(attacker, () => attacker.socket.write(frame))
      expect(await attacker.goawayCode()).toBe(calm)
    })
  })
})
