import { expect, test } from 'bun:test'
import { TokenBucket } from './token-bucket.ts'

test('a burst passes, and more does not', () => {
  const bucket = new TokenBucket({ burst: 3, perSecond: 1 }, 0)
  expect([1, 1, 1, 1].map((tokens) => bucket.spend(tokens, 0))).toEqual([true, true, true, false])
})

test('a rate within the allowance passes for ever', () => {
  const bucket = new TokenBucket({ burst: 10, perSecond: 100 }, 0)
  for (let ms = 0; ms < 100_000; ms += 10) expect(bucket.spend(1, ms)).toBe(true)
})

test('twice the allowance is refused when the burst is used up', () => {
  const bucket = new TokenBucket({ burst: 10, perSecond: 100 }, 0)
  let ms = 0
  while (bucket.spend(1, ms)) ms += 5
  expect(ms).toBeGreaterThan(50)
  expect(ms).toBeLessThan(250)
})

test('earned tokens never exceed a burst', () => {
  const bucket = new TokenBucket({ burst: 2, perSecond: 0 }, 0)
  bucket.earn(100)
  expect([1, 1, 1].map((tokens) => bucket.spend(tokens, 0))).toEqual([true, true, false])
})
