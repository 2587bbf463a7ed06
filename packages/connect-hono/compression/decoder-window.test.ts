import { describe, expect, test } from 'bun:test'
import { brotliCompressSync, constants, zstdCompressSync } from 'node:zlib'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { brotliWindowBytes, zstdWindowBytes } from './decoder-window.ts'

const content = Buffer.alloc(300_000, 'the land girls ')
const skippable = Buffer.from('502a4d1803000000aabbcc', 'hex')

function zstdOf(bytes: Uint8Array, params: Record<number, number> = {}): Buffer {
  return zstdCompressSync(bytes, { params })
}

/** A frame with one empty block, and such a window descriptor. */
function emptyFrame(descriptor: number): Buffer {
  return Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, descriptor, 1, 0, 0])
}

describe('the window of a Zstandard message', () => {
  test.each([
    ['is described in its frame', emptyFrame(13 << 3), 2 ** 23],
    ['has eighths', emptyFrame((13 << 3) | 7), 2 ** 23 + 7 * 2 ** 20],
    ['is at most 3.75 TiB', emptyFrame(0xff), 2 ** 41 + 7 * 2 ** 38],
    ['is the largest of its frames', Buffer.concat([emptyFrame(8), emptyFrame(80)]), 2 ** 20],
    ['is found after a skippable frame', Buffer.concat([skippable, emptyFrame(80)]), 2 ** 20],
    ['is 0 when all frames are skippable', skippable, 0],
    [
      'is the content of a single segment',
      Buffer.from('28b52ffd2005290000' + '6162636465', 'hex'),
      5,
    ],
    ['is 256 more than 2 bytes say', Buffer.from('28b52ffd60ff00010000', 'hex'), 511],
    ['may need 8 bytes', Buffer.from('28b52ffde00000000001000000010000', 'hex'), 2 ** 32],
    ['stands before a dictionary id', Buffer.from('28b52ffd0358aabbccdd010000', 'hex'), 2 ** 21],
  ])('the window of a Zstandard message %s', (_, bytes, expected) => {
    expect(zstdWindowBytes(bytes)).toBe(expected)
  })

  test.each([
    {},
    { [constants.ZSTD_c_checksumFlag]: 1 },
    { [constants.ZSTD_c_compressionLevel]: 19 },
    { [constants.ZSTD_c_contentSizeFlag]: 0 },
  ])('the window is read from messages of an encoder with options %j', (params) => {
    for (const bytes of [content, content.subarray(0, 10), content.subarray(0, 0)]) {
      const windowBytes = zstdWindowBytes(zstdOf(bytes, params))
      expect(windowBytes).toBeLessThanOrEqual(8 * 2 ** 20)
    }
  })

  test('the window of a Zstandard message is unknown when bytes are missing or follow it', () => {
    const whole = Buffer.concat([
      zstdOf(content, { [constants.ZSTD_c_checksumFlag]: 1 }),
      skippable,
    ])
    const last = whole.length - skippable.length
    expect(zstdWindowBytes(whole)).toBeGreaterThan(0)
    for (let end = 1; end < whole.length; end++) {
      if (end !== last) expect(zstdWindowBytes(whole.subarray(0, end))).toBeUndefined()
    }
    expect(zstdWindowBytes(Buffer.concat([whole, Buffer.from('and more')]))).toBeUndefined()
  })
})

describe('the window of a Brotli message', () => {
  test.each([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24])(
    'the window of a Brotli message is read: %d bits',
    (bits) => {
      const params = { [constants.BROTLI_PARAM_LGWIN]: bits }
      expect(brotliWindowBytes(brotliCompressSync(content, { params }))).toBe(2 ** bits - 16)
    },
  )

  test('the window of a Brotli message is unknown with the large-window extension, and without bytes', () => {
    expect(brotliWindowBytes(Buffer.from([0x11, 0x1e]))).toBeUndefined()
    expect(brotliWindowBytes(new Uint8Array())).toBeUndefined()
  })
})

alsoOnDenoAndNode(import.meta.filename)
