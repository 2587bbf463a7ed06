import { expect, test } from 'bun:test'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { connectionBounds, readConnectionBounds } from './open-files.ts'

test.each([
  [64, 1, 16],
  [256, 192, 16],
  [1_024, 768, 64],
  [20_480, 18_432, 511],
  [1_048_576, 20_000, 511],
  [Number.POSITIVE_INFINITY, 20_000, 511],
])('of %d file descriptors %d are for clients', (openFilesMax, max, backlog) => {
  expect(connectionBounds(openFilesMax)).toEqual({ max, backlog })
})

test('the limit of this process is known', async () => {
  expect((await readConnectionBounds()).max).toBeGreaterThan(1)
})

alsoOnDenoAndNode(import.meta.filename)
