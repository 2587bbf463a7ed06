import { expect, test } from 'bun:test'
import { backOffMs, delayMaxMs, delayMinMs } from './back-off.ts'

test('delays grow with failures in a row and stay within their bounds', () => {
  const middle = [1, 2, 3, 4, 5, 6, 1000].map((count) => backOffMs(count, () => 0.5))
  expect(middle).toEqual([750, 1500, 3000, 6000, 7500, 7500, 7500])
  for (const chance of [0, 0.999]) {
    for (const count of [1, 3, 50]) {
      expect(backOffMs(count, () => chance)).toBeWithin(delayMinMs, delayMaxMs + 1)
    }
  }
})

test('two pages that lost the same server return at different times', () => {
  expect(backOffMs(3, () => 0.2)).not.toBe(backOffMs(3, () => 0.7))
})
