import { expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { bundleEdge } from './bundle.ts'

const gzipBytesMax = 300 * 1024

test.each(['metadata', 'rating', 'movie'])('%s for Workers is at most 300 KB', async (service) => {
  const bundle = await bundleEdge(service)
  expect(gzipSync(bundle).length).toBeLessThanOrEqual(gzipBytesMax)
  expect(bundle).not.toContain('pino')
})
