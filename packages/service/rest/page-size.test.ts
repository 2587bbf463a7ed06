import { expect, test } from 'bun:test'
import { pageSizeOf } from './page-size.ts'

test.each([
  [0, 50],
  [1, 1],
  [500, 500],
  [501, 500],
  [2 ** 31 - 1, 500],
])('a page_size of %i stands for %i', (requested, size) => {
  expect(pageSizeOf(requested, { ofDefault: 50, max: 500 })).toBe(size)
})
