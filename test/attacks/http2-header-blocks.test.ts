import { describe, expect, test } from 'bun:test'
import { errorCode, frameFlag, frameType } from '@marquee/http/http2/frames/wire'
import { type FramesPeer, toFrame } from '../../packages/http/http2/testing/frames-peer.ts'
import { flood, isOpen, taken } from './flood.ts'
import { underAttack, waitForState } from './under-attack.ts'

const { endStream, endHeaders } = frameFlag
const { headers, continuation } = frameType
const whole = endStream | endHeaders
const calm = errorCode.enhanceYourCalm
const target = (path: string) => [':scheme', 'http', ':authority', 'a', ':path', path]
const get = [':method', 'GET', ...target('/')]
const hold = [':method', 'GET', ...target('/hold')]

const statusOf = async (peer: FramesPeer, streamId: number) => {
  const [first] = await peer.response(streamId)
  return first?.headers?.[1]
}

/** A low limit, so that an attack ends sooner. */
const fewResets = { resets: { burst: 300, perSecond: 30 } }

/**
 * Returns a literal header that is not indexed (RFC 7541 §6.2.2), with name and value shorter than
 * 127 bytes.
 */
function literal(name: string, value: string): Buffer {
  const [nameBytes, valueBytes] = [Buffer.from(name), Buffer.from(value)]
  return Buffer.concat([
    Buffer.of(0, nameBytes.length),
    nameBytes,
    Buffer.of(valueBytes.length),
    valueBytes,
  ])
}

describe('a connection with a flood of CONTINUATION is closed (CVE-2024-27316)', () => {
  test.each([
    ['empty', Buffer.alloc(0)],
    ['of a byte', Buffer.alloc(1, 0x82)],
    ['full', Buffer.alloc(16_384, 0x82)],
  ])('%s', async (_, fragment) => {
    await underAttack({}, async ({ peer }) => {
      const attacker = await peer()
      attacker.send(headers, endStream, 1, attacker.encode(get))
      await flood(attacker.socket, toFrame(continuation, 0, 1, fragment), 100_000)
      expect(await attacker.goawayCode()).toBe(calm)
    })
  })

  test('a flood of CONTINUATION that ends each block in time is refused', async () => {
    await underAttack({ http2: fewResets }, async ({ peer, state }) => {
      const attacker = await peer()
      const block = Buffer.concat(Array.from({ length: 600 }, () => literal('a', 'v'.repeat(100))))
      for (let streamId = 1; streamId < 6_000 && isOpen(attacker.socket); streamId += 2) {
        attacker.send(headers, endStream, streamId, attacker.encode(hold))
        for (let at = 0; at < block.length; at += 8_192) {
          const flags = at + 8_192 < block.length ? 0 : endHeaders
          attacker.send(continuation, flags, streamId, block.subarray(at, at + 8_192))
        }
        await taken(attacker.socket)
      }
      expect(await attacker.goawayCode()).toBe(calm)
      await waitForState(state, ({ handlerCount }) => handlerCount === 1)
    })
  })
})

describe('header lists beyond the limits', () => {
  test.each([
    ['of too many bytes', Array.from({ length: 35 }, (_, n) => [`a${n}`, 'v'.repeat(1_000)])],
    ['of too many fields', Array.from({ length: 300 }, (_, n) => [`a${n}`, ''])],
  ])('%s get 431, and the connection stays open', async (_, fields) => {
    await underAttack({}, async ({ peer }) => {
      const attacker = await peer()
      for (let streamId = 1; streamId < 200; streamId += 2) {
        const block = attacker.encode([...get, ...fields.flat()])
        attacker.send(headers, endStream, streamId, block.subarray(0, 16_384))
        attacker.send(continuation, endHeaders, streamId, block.subarray(16_384))
        expect(await statusOf(attacker, streamId)).toBe('431')
      }
      attacker.request(201, get)
      expect(await statusOf(attacker, 201)).toBe('200')
    })
  })

  test('with empty names are refused, and many of them close the connection (CVE-2019-9516)', async () => {
    await underAttack({ http2: fewResets }, async ({ peer, state }) => {
      const attacker = await peer()
      const nameless = Buffer.concat(Array.from({ length: 1_000 }, () => literal('', '')))
      const block = Buffer.concat([attacker.encode(hold), nameless])
      for (let streamId = 1; streamId < 10_000 && isOpen(attacker.socket); streamId += 2) {
        attacker.send(headers, whole, streamId, block)
        await taken(attacker.socket)
      }
      expect(await attacker.goawayCode()).toBe(calm)
      await waitForState(state, ({ handlerCount }) => handlerCount === 1)
    })
  })
})

describe('HPACK bombs', () => {
  /**
   * A header that fills the decoder's table: 4,096 bytes, of which 32 are overhead (RFC 7541 §4.1,
   * §6.2.1).
   */
  const entry = Buffer.concat([
    Buffer.from([0x40, 4]),
    Buffer.from('bomb'),
    Buffer.from([0x7f, 0xdd, 0x1e]),
    Buffer.alloc(4_060, 'b'),
  ])
  const plain = Buffer.from([0x82, 0x86, 0x84, 0x01, 1, 0x61])
  /** A reference to the newest entry of the dynamic table. */
  const reference = 0x80 + 62

  test('of references to a large entry get 431 at the cost of their bytes (CVE-2016-6581)', async () => {
    await underAttack({}, async ({ peer }) => {
      const attacker = await peer()
      attacker.send(headers, whole, 1, Buffer.concat([plain, entry]))
      expect(await statusOf(attacker, 1)).toBe('200')
      // Decoded, each would be 64 MB.
      for (let streamId = 3; streamId < 400; streamId += 2) {
        attacker.send(headers, whole, streamId, Buffer.alloc(16_384, reference))
      }
      expect(await statusOf(attacker, 399)).toBe('431')
      await attacker.settled()
    })
  })

  test('just within the limits take no more memory than the limits allow', async () => {
    await underAttack({}, async ({ peer, state, release }) => {
      const attacker = await peer()
      const held = Buffer.concat([Buffer.from([0x82, 0x86, 0x04, 5]), Buffer.from('/hold')])
      attacker.send(headers, whole, 1, Buffer.concat([plain, entry]))
      const block = Buffer.concat([held, Buffer.alloc(7, reference)])
      for (let streamId = 3; streamId < 400; streamId += 2) {
        attacker.send(headers, whole, streamId, block)
      }
      await attacker.settled()
      expect((await state()).handlerCount).toBeGreaterThan(150)
      await release()
      expect(await statusOf(attacker, 399)).toBe('200')
    })
  })

  test('of updates of the table size cost no more than their bytes', async () => {
    await underAttack({}, async ({ peer }) => {
      const attacker = await peer()
      const updates = Buffer.concat(
        Array.from({ length: 4_000 }, () => Buffer.from([0x20, 0x3f, 0xe1, 0x1f])),
      )
      const block = Buffer.concat([updates, plain])
      for (let streamId = 1; streamId < 400; streamId += 2) {
        attacker.send(headers, whole, streamId, block)
      }
      expect(await statusOf(attacker, 399)).toBe('200')
    })
  })

  test('of a table larger than allowed close the connection', async () => {
    await underAttack({}, async ({ peer }) => {
      const attacker = await peer()
      attacker.send(headers, whole, 1, Buffer.from([0x3f, 0xe2, 0x1f, 0x82, 0x86, 0x84]))
      expect(await attacker.goawayCode()).toBe(errorCode.compressionError)
    })
  })
})

describe('a connection with slow headers is closed', () => {
  const http2 = { headersTimeoutMs: 300 }

  test('headers that stop within a block close the connection', async () => {
    await underAttack({ http2 }, async ({ peer }) => {
      const attacker = await peer()
      attacker.send(headers, endStream, 1, attacker.encode(get))
      expect(await attacker.goawayCode()).toBe(calm)
    })
  })

  test('headers that arrive byte by byte close the connection', async () => {
    await underAttack({ http2 }, async ({ peer }) => {
      const attacker = await peer()
      const frame = toFrame(headers, whole, 1, attacker.encode([...get, 'a', 'v'.repeat(10_000)]))
      await dribble(attacker, frame)
      expect(await attacker.goawayCode()).toBe(calm)
    })
  })

  test('headers with an occasional CONTINUATION close the connection', async () => {
    await underAttack({ http2 }, async ({ peer }) => {
      const attacker = await peer()
      attacker.send(headers, endStream, 1, attacker.encode(get))
      const step = toFrame(continuation, 0, 1, literal('a', 'b'))
      for (let count = 0; count < 14 && !attacker.closed; count++) {
        attacker.socket.write(step)
        await pause(40)
      }
      expect(await attacker.goawayCode()).toBe(calm)
    })
  })
})

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function dribble(peer: FramesPeer, bytes: Buffer): Promise<void> {
  for (const byte of bytes) {
    if (peer.closed || !peer.socket.writable) return
    peer.socket.write(Buffer.of(byte))
    await pause(2)
  }
}
