import { expect, test } from 'bun:test'
import { brotliCompressSync, constants } from 'node:zlib'
import { Code } from '@connectrpc/connect'
import { encodeEnvelope } from '@connectrpc/connect/protocol'
import { describeWith } from '@marquee/testing/requirements'
import { runtime } from '@marquee/testing/tools'
import { postGrpc, statusOf } from './grpc-calls.ts'
import { underAttack } from './under-attack.ts'

const compressedFlag = 1
const streams = 200
const mebibyte = 1024 * 1024

/**
 * Returns a small message whose decoder needs a window of this size. A decoder writes to all memory
 * that it allocates.
 */
function brotliOf(windowBits: number): Uint8Array {
  const params = {
    [constants.BROTLI_PARAM_LGWIN]: windowBits,
    [constants.BROTLI_PARAM_QUALITY]: 9,
  }
  return brotliCompressSync(Buffer.alloc(2 ** windowBits + mebibyte), { params })
}

/** Returns runs of one byte, 128 KiB each, in a frame that does not state its size. */
function zstdOf(windowLog: number): Uint8Array {
  const block = Buffer.from([0x02, 0x00, 0x10, 0])
  const last = Buffer.from([0x03, 0x00, 0x10, 0])
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3])
  return Buffer.concat([head, ...Array.from({ length: 2 ** (windowLog - 17) }, () => block), last])
}

const messages = [
  ['br', 'the largest window', brotliOf(24)],
  ['br', 'the largest window that is accepted', brotliOf(22)],
  ['zstd', 'the largest window that its encoders make', zstdOf(27)],
  ['zstd', 'the largest window that is accepted', zstdOf(23)],
] as const

for (const name of ['bun', 'deno', 'node'] as const) {
  describeWith(runtime(name), `on ${name}`, () => {
    test.each(messages)('many small messages in %s with %s are refused', async (...row) => {
      const [encoding, , message] = row
      expect(message.length).toBeLessThan(8 * 1024)
      const body = encodeEnvelope(compressedFlag, message)
      await underAttack({ runtime: name, grownBytesMax: 128 * mebibyte }, async ({ peer }) => {
        const attacker = await peer()
        for (let index = 0; index < streams; index++) {
          postGrpc(attacker, 1 + 2 * index, 'ImportMetadata', body, encoding)
        }
        for (let index = 0; index < streams; index++) {
          expect(await statusOf(attacker, 1 + 2 * index)).toBe(Code.ResourceExhausted)
        }
      })
    })
  })
}
