import { expect, test } from 'bun:test'
import { packFrames, unpackFrames } from './snappy-frames.ts'

const bytesMax = 1_000_000

test.each([0, 1, 65_535, 65_536, 200_000])(
  '%d bytes in Snappy frames are the same after a round trip',
  async (length) => {
    const bytes = Buffer.from(Array.from({ length }, (_, index) => (index * index) % 251))
    expect((await unpackFrames(await packFrames(bytes), bytesMax)).equals(bytes)).toBe(true)
  },
)

test('uncompressed blocks and skippable chunks of Snappy frames are read', async () => {
  const start = await packFrames(new Uint8Array())
  const skipped = Buffer.from('fe020000abcd', 'hex')
  const head = Buffer.from('010d0000', 'hex')
  // Check value of CRC-32C for these digits, masked as the format requires.
  const checksum = 0xe306_9283
  const masked = Buffer.alloc(4)
  masked.writeUInt32LE((((checksum >>> 15) | (checksum << 17)) + 0xa282_ead8) >>> 0)
  const input = Buffer.concat([start, skipped, head, masked, Buffer.from('123456789')])
  expect((await unpackFrames(input, bytesMax)).toString()).toBe('123456789')
})

test('Snappy frames that are malformed, damaged or too long are refused', async () => {
  const packed = await packFrames(Buffer.from('hello'.repeat(100)))
  const damaged = Buffer.from(packed)
  damaged.writeUInt8(damaged.readUInt8(14) ^ 1, 14)
  await expect(unpackFrames(Buffer.from('hello'), bytesMax)).rejects.toThrow('identifier')
  await expect(unpackFrames(damaged, bytesMax)).rejects.toThrow('a checksum is wrong')
  await expect(unpackFrames(packed.subarray(0, -1), bytesMax)).rejects.toThrow('cut short')
  await expect(unpackFrames(packed, 499)).rejects.toMatchObject({ code: 'ERR_BUFFER_TOO_LARGE' })
  const unknown = Buffer.concat([packed, Buffer.from([2, 0, 0, 0])])
  await expect(unpackFrames(unknown, bytesMax)).rejects.toThrow('unknown type 2')
})
