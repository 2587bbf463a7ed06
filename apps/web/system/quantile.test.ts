import { expect, test } from 'bun:test'
import { mergeBuckets, quantile } from './quantile.ts'

const boundsMs = [10, 100, 250]

test.each([
  [[40, 0, 0, 0], 0.5, 5],
  [[0, 1, 0, 0], 0.5, 100],
  [[10, 1, 0, 0], 0.95, 100],
  [[0, 0, 20, 0], 0.95, 242.5],
  [[90, 10, 0, 0], 0.9, 10],
  [[50, 50, 0, 0], 0.75, 55],
])('of %j, the quantile %d is %d ms', (counts, share, expected) => {
  expect(quantile(boundsMs, counts, share)).toBeCloseTo(expected)
})

test('a quantile above the last bound is infinite', () => {
  expect(quantile(boundsMs, [1, 0, 0, 9], 0.5)).toBe(Number.POSITIVE_INFINITY)
})

test('without calls there is no quantile', () => {
  expect(quantile(boundsMs, [0, 0, 0, 0], 0.5)).toBeUndefined()
  expect(quantile(boundsMs, [], 0.5)).toBeUndefined()
})

test('histograms are summed by bucket', () => {
  expect(mergeBuckets([[1, 2], [10, 20], []])).toEqual([11, 22])
  expect(mergeBuckets([])).toEqual([])
})
