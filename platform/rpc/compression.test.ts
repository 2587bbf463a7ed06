import { describe, expect, test } from 'bun:test'
import { deflateSync, inflateSync } from 'node:zlib'
import { Code, ConnectError } from '@connectrpc/connect'
import { alsoOnDenoAndNode } from '../testing/other-runtimes/also-on.ts'
import { createCompressions, standardCompressions } from './compression.ts'

const repeated = (bytes: number) => Buffer.alloc(bytes, 'the land girls ')

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
    test.each([0, 1, 5_000, 300_000])('packs and unpacks %d bytes', async (bytes) => {
      const packed = await one.compress(repeated(bytes))
      const unpacked = await one.decompress(packed, Math.max(bytes, 1))
      expect(Buffer.from(unpacked).equals(repeated(bytes))).toBe(true)
    })

    test.each([2_000, 100_000, 3_000_000])(
      'unpacks no more than is taken of %d bytes',
      async (bytes) => {
        const packed = await one.compress(repeated(bytes))
        const error = await failureOf(() => one.decompress(packed, bytes - 1))
        expect(error).toMatchObject({ code: Code.ResourceExhausted })
      },
    )

    // Deno's Brotli takes what is none for nothing at all; then it is the message that is refused.
    if (one.name === 'br') return
    test('tells what is not packed so', async () => {
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
  ['*', undefined],
  ['', undefined],
])('of those that a client takes, "%s", the first that is there is chosen', (accepted, name) => {
  const compressions = createCompressions(standardCompressions)
  for (let times = 0; times < 2; times++) expect(compressions.choose(accepted)?.name).toBe(name)
})

test('more can be added', () => {
  const compress = (bytes: Uint8Array) => deflateSync(bytes)
  const decompress = (bytes: Uint8Array) => inflateSync(bytes)
  const more = { name: 'deflate', compress, decompress }
  const compressions = createCompressions([...standardCompressions, more])
  expect(compressions.names).toBe('gzip,br,zstd,deflate')
  expect(compressions.find('deflate')).toBe(more)
})

alsoOnDenoAndNode(import.meta.filename)
