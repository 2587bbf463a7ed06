import { describe, expect, test } from 'bun:test'
import { brotliCompressSync, constants, deflateSync, inflateSync } from 'node:zlib'
import { Code, ConnectError } from '@connectrpc/connect'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { type Compression, createCompressions, standardCompressions } from './compression.ts'

const repeated = (bytes: number) => Buffer.alloc(bytes, 'the land girls ')

/** One frame of blocks that are not compressed, with a window of 2 ** log bytes and so many eighths of that. */
function zstdOf(log: number, content: Buffer, eighths = 0): Buffer {
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, ((log - 10) << 3) | eighths, 0, 0, 0])
  head.writeUIntLE((content.length << 3) | 1, 6, 3)
  return Buffer.concat([head, content])
}

function brotliOf(windowBits: number, content: Buffer): Buffer {
  return brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_LGWIN]: windowBits } })
}

/** How it fails, at once or later. */
async function failureOf(work: () => unknown): Promise<ConnectError> {
  try {
    await work()
  } catch (error) {
    return ConnectError.from(error)
  }
  throw new Error('it did not fail')
}

for (const one of standardCompressions) {
  describe(one.name, () => {
    test.each([0, 1, 5_000, 300_000])(
      `${one.name} compresses and decompresses %d bytes`,
      async (bytes) => {
        const packed = await one.compress(repeated(bytes))
        const unpacked = await one.decompress(packed, Math.max(bytes, 1))
        expect(Buffer.from(unpacked).equals(repeated(bytes))).toBe(true)
      },
    )

    test.each([2_000, 100_000, 3_000_000])(
      'decompressing stops at the maximum: %d bytes',
      async (bytes) => {
        const packed = await one.compress(repeated(bytes))
        const error = await failureOf(() => one.decompress(packed, bytes - 1))
        expect(error).toMatchObject({ code: Code.ResourceExhausted })
      },
    )

    // Deno's Brotli returns no bytes for other input. The message is refused later then.
    if (one.name === 'br') return
    test(`${one.name} reports a message that it did not compress`, async () => {
      const error = await failureOf(() => one.decompress(Buffer.from('no such thing'), 100))
      expect(error).toMatchObject({ code: Code.InvalidArgument })
    })
  })
}

test.each([
  ['gzip', 'gzip'],
  ['zstd, gzip', 'zstd'],
  ['deflate, br;q=0.5', 'br'],
  ['gzip;q=0, br', 'br'],
  ['gzip; Q=0.000, identity', undefined],
  ['GZIP', 'gzip'],
  ['X-Gzip', 'gzip'],
  ['*', undefined],
  ['', undefined],
])(
  'of the compressions that a client accepts, "%s", the first known one is chosen',
  (accepted, name) => {
    const compressions = createCompressions(standardCompressions)
    for (let times = 0; times < 2; times++) expect(compressions.choose(accepted)?.name).toBe(name)
  },
)

test.each(['gzip', 'GZip', 'x-gzip'])('a request compressed with "%s" is read as gzip', (name) => {
  expect(createCompressions(standardCompressions).find(name)?.name).toBe('gzip')
})

describe('a window', () => {
  const [, brotli, zstandard] = standardCompressions as [Compression, Compression, Compression]
  const content = repeated(5_000)

  test.each([
    ['zstd of 8 MiB', zstandard, zstdOf(23, content), undefined],
    ['zstd of 9 MiB', zstandard, zstdOf(23, content, 1), Code.ResourceExhausted],
    ['zstd of 128 MiB', zstandard, zstdOf(27, content), Code.ResourceExhausted],
    ['zstd of 2 GiB', zstandard, zstdOf(31, content), Code.ResourceExhausted],
    ['br of 4 MiB', brotli, brotliOf(22, content), undefined],
    ['br of 8 MiB', brotli, brotliOf(23, content), Code.ResourceExhausted],
    ['br of 16 MiB', brotli, brotliOf(24, content), Code.ResourceExhausted],
    ['br of 1 GiB', brotli, Buffer.from([0x11, 0x1e, 0x03]), Code.InvalidArgument],
  ])(
    'a window is checked before anything is decompressed: %s',
    async (_, compression, bytes, code) => {
      const decompressing = compression.decompress(bytes, 10_000)
      if (code === undefined) expect(Buffer.from(await decompressing).equals(content)).toBe(true)
      else expect(await failureOf(() => decompressing)).toMatchObject({ code })
    },
  )
})

test('a compression can be added to the standard ones', () => {
  const compress = (bytes: Uint8Array) => deflateSync(bytes)
  const decompress = async (bytes: Uint8Array) => inflateSync(bytes)
  const more = { name: 'deflate', compress, decompress }
  const compressions = createCompressions([...standardCompressions, more])
  expect(compressions.names).toBe('gzip,br,zstd,deflate')
  expect(compressions.find('deflate')).toBe(more)
})

alsoOnDenoAndNode(import.meta.filename)
