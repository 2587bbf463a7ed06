import { expect, test } from 'bun:test'
import { createBackOff } from './exponential.ts'

const backOff = createBackOff({ firstMs: 100, maxMs: 1_000 })

test('each failure in a row doubles the wait, up to the longest', () => {
  const longest = [1, 2, 3, 4, 5, 2_000].map((count) => backOff(count, () => 1))
  expect(longest).toEqual([100, 200, 400, 800, 1_000, 1_000])
})

test('half of each wait is random', () => {
  expect(backOff(2, () => 0)).toBe(100)
  expect(backOff(2, () => 0.5)).toBe(150)
})
