import { expect, test } from 'bun:test'
import { addToHistory, emptyHistory, movement, pointCountMax, untilNow } from './history.ts'

const rated = (count: number, mean: number) => ({ count, mean, histogram: [] })

test('a history is as long as what happened, and holds the last value until now', () => {
  const one = addToHistory(emptyHistory, 10, rated(3, 4))
  const two = addToHistory(one, 12, rated(4, 4.25))
  expect(untilNow(two, 15)).toEqual({
    times: [10, 12, 15],
    means: [4, 4.25, 4.25],
    counts: [3, 4, 4],
  })
  expect(untilNow(emptyHistory, 15)).toEqual(emptyHistory)
})

test('while nothing is known there is a gap', () => {
  const away = addToHistory(addToHistory(emptyHistory, 1, rated(3, 4)), 2, undefined)
  expect(away.means).toEqual([4, null])
  expect(movement(away)).toEqual({ first: { count: 3, mean: 4 }, last: { count: 3, mean: 4 } })
})

test('a long history is thinned, keeps its beginning and its end, and stays in order', () => {
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

test('nothing known moved nowhere', () => {
  expect(movement(addToHistory(emptyHistory, 1, undefined))).toBeUndefined()
})
