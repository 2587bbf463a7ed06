import { expect, test } from 'bun:test'
import { defaultScale, readScale, spread, starsOf, valuesOf } from './scale.ts'

test('a scale has each value from its minimum to its maximum', () => {
  expect(valuesOf(defaultScale)).toEqual([0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5])
  expect(valuesOf({ min: 1, max: 10, step: 1 })).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  expect(valuesOf({ min: 0, max: 0.4, step: 0.1 })).toEqual([0, 0.1, 0.2, 0.3, 0.4])
})

test.each([
  undefined,
  { min: 0, max: 0, step: 0 },
  { min: 5, max: 1, step: 1 },
  { min: 1, max: 1e6, step: 1 },
  { min: Number.NaN, max: 5, step: 1 },
])('without a usable scale, movies have half stars: %j', (scale) => {
  expect(readScale(scale)).toEqual(defaultScale)
})

test('a star has a half and a whole value where the scale has both', () => {
  const values = starsOf(defaultScale)?.map(({ choices }) => choices.map(({ value }) => value))
  expect(values).toEqual([
    [0.5, 1],
    [1.5, 2],
    [2.5, 3],
    [3.5, 4],
    [4.5, 5],
  ])
  expect(starsOf({ min: 1, max: 3, step: 0.5 })).toEqual([
    { whole: 1, choices: [{ value: 1, side: undefined }] },
    {
      whole: 2,
      choices: [
        { value: 1.5, side: 'left' },
        { value: 2, side: 'right' },
      ],
    },
    {
      whole: 3,
      choices: [
        { value: 2.5, side: 'left' },
        { value: 3, side: 'right' },
      ],
    },
  ])
})

test.each([
  { min: 1, max: 10, step: 1 },
  { min: 0, max: 5, step: 1 },
  { min: 0.25, max: 5, step: 0.25 },
  { min: 0.5, max: 4.5, step: 0.5 },
])('a scale of other values than whole and half stars, or of more, has no stars: %j', (scale) => {
  expect(starsOf(scale)).toBeUndefined()
})

test('a spread has a part for each value, or for a few neighbours when there are many', () => {
  const five = { min: 1, max: 5, step: 1 }
  expect(spread(five, [1, 0, 2, 0, 4], 5).map(({ count }) => count)).toEqual([1, 0, 2, 0, 4])
  expect(spread(five, [1, 0, 2, 0, 4], 3)).toEqual([
    { low: 1, high: 2, count: 1 },
    { low: 3, high: 4, count: 2 },
    { low: 5, high: 5, count: 4 },
  ])
})
