import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createScale, scaleSizeMax } from '../../services/rating/scale.ts'
import { convertValue } from './convert-value.ts'

test.each([
  ['1:10:1', '0.5:5:0.5', [1, 2, 7, 9, 10], [0.5, 1, 3.5, 4.5, 5]],
  ['0.5:5:0.5', '1:10:1', [0.5, 1, 3.5, 4.5, 5], [1, 2, 7, 9, 10]],
  ['1:5:1', '0.5:5:0.5', [1, 2, 3, 4, 5], [1, 2, 3, 4, 5]],
  ['0.5:5:0.5', '1:5:1', [0.5, 1, 4.5, 5], [undefined, 1, undefined, 5]],
  ['1:10:1', '1:5:1', [1, 2, 9, 10], [undefined, 1, undefined, 5]],
  ['1:5:1', '1:10:1', [1, 5], [2, 10]],
  ['0:100:1', '0.5:5:0.5', [0, 5, 10, 73, 90, 100], [undefined, undefined, 0.5, undefined, 4.5, 5]],
  ['1:3:1', '1:10:1', [1, 2, 3], [undefined, undefined, 10]],
  ['0.1:1:0.1', '1:10:1', [0.1, 0.3, 0.7], [1, 3, 7]],
  ['-5:5:1', '-10:10:1', [-5, 0, 3], [-10, 0, 6]],
  ['0.5:5:0.5', '0.5:5:0.5', [3.5, 3.7, Number.NaN], [3.5, undefined, undefined]],
  ['-5:0:1', '-5:0:1', [-5], [undefined]],
])(
  'a value of %s is on %s only where its share of the maximum is',
  (from, to, values, expected) => {
    const [source, target] = [createScale(from), createScale(to)]
    expect(values.map((value) => convertValue(value, source, target))).toEqual(expected)
  },
)

const scale = fc
  .record({
    decimals: fc.nat({ max: 4 }),
    min: fc.integer({ min: -50, max: 200 }),
    step: fc.integer({ min: 1, max: 60 }),
    size: fc.integer({ min: 2, max: scaleSizeMax }),
  })
  .map(({ decimals, min, step, size }) => {
    const numbers = [min, min + step * (size - 1), step]
    return createScale(numbers.map((n) => (n / 10 ** decimals).toFixed(decimals)).join(':'))
  })
/** A scale, and one that has all its shares and a few more. */
const scales = fc.oneof(
  fc.tuple(scale, scale),
  fc.integer({ min: 2, max: 60 }).map((size) => {
    return [createScale(`1:${size}:1`), createScale(`0.25:${size / 2}:0.25`)] as const
  }),
)

test('a value converted to another scale and back is the same, whenever it is not refused', () => {
  let convertedCount = 0
  fc.assert(
    fc.property(scales, ([from, to]) => {
      for (const value of from.values) {
        const converted = convertValue(value, from, to)
        if (converted === undefined) continue
        convertedCount++
        expect(to.values).toContain(converted)
        expect(convertValue(converted, to, from)).toBe(value)
      }
    }),
  )
  expect(convertedCount).toBeGreaterThan(100)
})

test('every value is itself on its own scale', () => {
  fc.assert(
    fc.property(scale, (same) => {
      fc.pre(same.max > 0)
      expect(same.values.map((value) => convertValue(value, same, same))).toEqual([...same.values])
    }),
  )
})
