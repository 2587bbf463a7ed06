import { describe, expect, test } from 'bun:test'
import {
  clientPreface,
  errorCode,
  frameFlag,
  frameType,
  readUint31,
  readUint32,
} from '@marquee/http/http2/frames/wire'
import { waitFor } from '@marquee/testing/wait-for'
import type { Frame, FramesPeer } from '../../packages/http/http2/testing/frames-peer.ts'
import { isOpen, pause } from './flood.ts'
import { underAttack } from './under-attack.ts'

const post = (path: string) => [
  ...[':method', 'POST', ':scheme', 'http', ':authority', 'a', ':path', path],
]

const closed = (peer: FramesPeer) => waitFor(() => peer.closed, { what: 'the end' })

describe('a connection with a slow preface is closed', () => {
  test('that stops before its protocol is known', async () => {
    await underAttack({ limits: { firstBytesTimeoutMs: 300 } }, async ({ rawPeer }) => {
      const attacker = rawPeer()
      attacker.socket.write(clientPreface.subarray(0, 10))
      await closed(attacker)
      expect(attacker.frames).toEqual([])
    })
  })

  test('that never starts', async () => {
    await underAttack({ limits: { firstBytesTimeoutMs: 300 } }, async ({ rawPeer }) => {
      await closed(rawPeer())
    })
  })

  test('that arrives byte by byte', async () => {
    await underAttack({ limits: { firstBytesTimeoutMs: 300 } }, async ({ rawPeer }) => {
      const attacker = rawPeer()
      for (const byte of clientPreface.subarray(0, 15)) {
        if (!isOpen(attacker.socket)) break
        attacker.socket.write(Buffer.of(byte))
        await pause(40)
      }
      await closed(attacker)
    })
  })

  test('that stops after its protocol is known', async () => {
    await underAttack({ http2: { prefaceTimeoutMs: 300 } }, async ({ rawPeer }) => {
      const attacker = rawPeer()
      attacker.socket.write(clientPreface.subarray(0, 20))
      await closed(attacker)
    })
  })

  test('that is complete but without SETTINGS after it', async () => {
    await underAttack({ http2: { prefaceTimeoutMs: 300 } }, async ({ rawPeer }) => {
      const attacker = rawPeer()
      attacker.socket.write(clientPreface)
      await closed(attacker)
    })
  })
})

test('a connection that never acknowledges SETTINGS is closed', async () => {
  const http2 = { settingsTimeoutMs: 400 }
  await underAttack({ http2 }, async ({ rawPeer }) => {
    const attacker = rawPeer()
    attacker.socket.write(clientPreface)
    attacker.send(frameType.settings, 0, 0)
    attacker.request(1)
    expect(await attacker.response(1)).not.toEqual([])
    expect(await attacker.goawayCode()).toBe(errorCode.settingsTimeout)
  })
})

test('bodies that stop arriving time out', async () => {
  await underAttack({ http2: { bodyTimeoutMs: 300 } }, async ({ peer }) => {
    const attacker = await peer()
    for (let streamId = 1; streamId < 200; streamId += 2) {
      attacker.request(streamId, post('/length'), false)
      attacker.data(streamId, 'x')
    }
    for (let streamId = 1; streamId < 200; streamId += 2) {
      expect(await attacker.resetCode(streamId)).toBe(errorCode.noError)
      const [first] = await attacker.response(streamId)
      expect(first?.headers?.slice(0, 2)).toEqual([':status', '408'])
    }
    await attacker.settled()
  })
})

test('a response stream that has started may be quiet', async () => {
  await underAttack({ http2: { bodyTimeoutMs: 100 } }, async ({ peer }) => {
    const client = await peer()
    client.request(1, post('/echo'), false)
    await pause(300)
    client.data(1, 'after a while', true)
    const response = await client.response(1)
    expect(Buffer.concat(response.slice(1).map(({ payload }) => payload)).toString()).toBe(
      'after a while',
    )
  })
})

test('idle connections are closed, even when they send keep-alives', async () => {
  const http2 = { idleTimeoutMs: 500 }
  await underAttack({ http2 }, async ({ peer }) => {
    const [silent, pinging] = [await peer(), await peer()]
    while (isOpen(pinging.socket)) {
      pinging.send(frameType.ping, 0, 0, Buffer.alloc(8))
      await pause(30)
    }
    expect(await silent.goawayCode()).toBe(errorCode.noError)
    expect(await pinging.goawayCode()).toBe(errorCode.noError)
  })
})

/** Makes calls one after the other, on a new connection whenever the current one drains. */
async function callOn(connect: () => Promise<FramesPeer>, calls: number): Promise<number> {
  let [connections, responseCount] = [0, 0]
  while (responseCount < calls) {
    const peer = await connect()
    connections++
    for (let streamId = 1; responseCount < calls && lastTaken(peer) === undefined; streamId += 2) {
      peer.request(streamId)
      if (!(await isAnswered(peer, streamId))) break
      responseCount++
      await pause(2)
    }
  }
  return connections
}

/**
 * Returns false when the stream is above the last one that GOAWAY names, so that the call can be
 * retried.
 */
async function isAnswered(peer: FramesPeer, streamId: number): Promise<boolean> {
  const isOver = () => {
    acknowledge(peer)
    return hasAnswer(peer, streamId) || streamId > (lastTaken(peer) ?? streamId)
  }
  await waitFor(isOver, { what: 'a response', intervalMs: 1 })
  return hasAnswer(peer, streamId)
}

function hasAnswer({ frames }: FramesPeer, streamId: number): boolean {
  return frames.some((frame) => frame.streamId === streamId && frame.type === frameType.data)
}

/**
 * Acknowledges the PING after the first GOAWAY, so that the server may send the second one (RFC
 * 9113 §6.8).
 */
function acknowledge(peer: FramesPeer): void {
  const isPing = (frame: Frame) => frame.type === frameType.ping && frame.flags === 0
  const [index, ping] = [peer.frames.findIndex(isPing), peer.frames.find(isPing)]
  if (ping === undefined) return
  peer.frames.splice(index, 1)
  peer.send(frameType.ping, frameFlag.ack, 0, ping.payload)
}

const goaways = ({ frames }: FramesPeer) => frames.filter(({ type }) => type === frameType.goaway)

/** Returns the last stream that the server accepts, once it has sent GOAWAY. */
function lastTaken(peer: FramesPeer): number | undefined {
  const last = goaways(peer)[1]
  return last && readUint31(last.payload, 0)
}

test('old connections are drained, not all at once, and fail no call', async () => {
  const http2 = { ageMaxMs: 400 }
  await underAttack({ http2 }, async ({ peer, state }) => {
    const connected: FramesPeer[] = []
    const connect = async () => {
      const one = await peer()
      connected.push(one)
      return one
    }
    const before = await state()
    const clients = Array.from({ length: 10 }, () => callOn(connect, 200))
    for (const connections of await Promise.all(clients)) expect(connections).toBeGreaterThan(1)
    // Each call got one response, and NO_ERROR was the only code.
    const told = connected.flatMap((one) =>
      goaways(one).map(({ payload }) => readUint32(payload, 4)),
    )
    expect(new Set(told)).toEqual(new Set([errorCode.noError]))
    expect((await state()).requestCount - before.requestCount).toBeGreaterThanOrEqual(2_000)
  })
})
