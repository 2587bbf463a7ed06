import { expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { inflate } from './inflate.ts'

test('a gzip message is inflated', async () => {
  const bytes = new Uint8Array(200_000).map((_, index) => index % 7)
  expect(await inflate(gzipSync(bytes))).toEqual(bytes)
})

test('a damaged message is an error', async () => {
  await expect(inflate(new Uint8Array([1, 2, 3]))).rejects.toThrow()
})

test('a message that is too large is an error before it is held', async () => {
  const bomb = gzipSync(new Uint8Array(65 * 1024 * 1024))
  expect(bomb.byteLength).toBeLessThan(100_000)
  await expect(inflate(bomb)).rejects.toThrow('a message is larger than 64 MiB')
})
