import { expect, test } from 'bun:test'
import { meanTicks, ratingBars } from './chart-scale.ts'

test('ticks of the mean are multiples of 0.05, 0.1 or 0.25, the smallest that has room', () => {
  expect(meanTicks(4.15, 4.28, 6)).toEqual([4.15, 4.2, 4.25])
  expect(meanTicks(4.02, 4.41, 6)).toEqual([4.1, 4.2, 4.3, 4.4])
  expect(meanTicks(3.4, 4.6, 6)).toEqual([3.5, 3.75, 4, 4.25, 4.5])
})

test('all distances between ticks are the same, whatever the mean is', () => {
  for (let low = 0.5; low < 4.9; low += 0.013) {
    for (const height of [0.09, 0.17, 0.4, 1.1, 2.3]) {
      const ticks = meanTicks(low, low + height, 6)
      const steps = ticks.slice(1).map((tick, index) => (tick - (ticks[index] ?? 0)).toFixed(4))
      expect(ticks.length).toBeLessThanOrEqual(6)
      expect(new Set(steps).size).toBeLessThanOrEqual(1)
      if (height >= 0.1) expect(ticks.length).toBeGreaterThan(0)
    }
  }
})

test('a scale of any height has ticks', () => {
  expect(meanTicks(0, 100, 6)).toEqual([0, 25, 50, 75, 100])
})

const history = (points: readonly (readonly [number, number | null])[]) => ({
  times: points.map(([time]) => 1_000 + time),
  means: points.map(() => 4),
  counts: points.map(([, count]) => count),
})

test('a bar has the ratings that came in within its time, and not those before the first', () => {
  const { times, counts } = ratingBars(
    history([
      [0, 20],
      [0.5, 21],
      [3.2, 23],
      [3.9, 24],
      [59.9, 25],
    ]),
    60,
  )
  expect(times).toHaveLength(60)
  expect(times.slice(0, 2)).toEqual([0.5, 1.5])
  expect([counts[0], counts[3], counts[59]]).toEqual([1, 3, 1])
  expect(counts.reduce((sum, one) => sum + one, 0)).toBe(5)
})

test('removed ratings and gaps add nothing to a bar', () => {
  const { counts } = ratingBars(
    history([
      [0, 20],
      [2, 19],
      [3, null],
      [4, 20],
    ]),
    60,
  )
  expect(counts.flatMap((count, index) => (count > 0 ? [[index, count]] : []))).toEqual([[4, 1]])
})

test('a long history has wider bars, at most 60', () => {
  const { times } = ratingBars(history([[0, 1]]), 3_700)
  expect(times.length).toBeLessThanOrEqual(60)
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBe(120)
})
