import { expect, test } from 'bun:test'
import { defaultScale } from '../rating/scale.ts'
import {
  addToHistory,
  emptyHistory,
  extendTo,
  hasMoved,
  meanRange,
  movement,
  newestMeans,
  pointCountMax,
} from './history.ts'

const rated = (count: number, mean: number) => ({
  count,
  mean,
  score: mean,
  histogram: [],
  scale: defaultScale,
})

test('a history has every change and is extended with its last value', () => {
  const one = addToHistory(emptyHistory, 10, rated(3, 4))
  const two = addToHistory(one, 12, rated(4, 4.25))
  expect(extendTo(two, 15)).toEqual({
    times: [10, 12, 15],
    means: [4, 4.25, 4.25],
    counts: [3, 4, 4],
  })
  expect(extendTo(emptyHistory, 15)).toEqual(emptyHistory)
})

test('an unknown rating is a gap', () => {
  const unknown = addToHistory(addToHistory(emptyHistory, 1, rated(3, 4)), 2, undefined)
  expect(unknown.means).toEqual([4, null])
  expect(movement(unknown)).toEqual({ first: { count: 3, mean: 4 }, last: { count: 3, mean: 4 } })
})

test('a long history is thinned, keeps its first and last point, and stays in order', () => {
  let history = emptyHistory
  for (let time = 0; time < 3 * pointCountMax; time += 1) {
    history = addToHistory(history, time, rated(time, 3))
  }
  expect(history.times.length).toBeLessThanOrEqual(pointCountMax)
  expect(history.times[0]).toBe(0)
  expect(history.times.at(-1)).toBe(3 * pointCountMax - 1)
  expect(history.times).toEqual(history.times.toSorted((one, other) => one - other))
  expect(history.counts).toEqual([...history.times])
})

test('a history without a known rating has no movement', () => {
  expect(movement(addToHistory(emptyHistory, 1, undefined))).toBeUndefined()
})

test('a mean has moved when it had a second value, also when it is back at the first', () => {
  const one = addToHistory(addToHistory(emptyHistory, 1, undefined), 2, rated(3, 4))
  expect(hasMoved(emptyHistory)).toBe(false)
  expect(hasMoved(addToHistory(addToHistory(one, 3, undefined), 4, rated(4, 4)))).toBe(false)
  const moved = addToHistory(one, 3, rated(4, 4.5))
  expect(hasMoved(moved)).toBe(true)
  expect(hasMoved(addToHistory(moved, 4, rated(3, 4)))).toBe(true)
})

test('the newest means begin with a known one', () => {
  const means = [null, 3, null, 4, 5]
  expect(newestMeans({ ...emptyHistory, means }, 5)).toEqual([3, null, 4, 5])
  expect(newestMeans({ ...emptyHistory, means }, 3)).toEqual([4, 5])
  expect(newestMeans({ ...emptyHistory, means: [null] }, 3)).toEqual([])
})

test('a range has all means, and space around them', () => {
  const [low, high] = meanRange(defaultScale, [4, null, 4.5])
  expect([low, high]).toEqual([expect.closeTo(3.955), expect.closeTo(4.545)])
  expect(meanRange(defaultScale, [null])).toEqual([0.5, 5])
})
