import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createScale, describeScale, scaleSizeMax, scaleText } from './scale.ts'
import { defaultScoring, scoreInterval, scoringOf } from './scoring.ts'

describe('a scale', () => {
  test.each([
    ['0.5:5:0.5', [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5]],
    ['0:1:1', [0, 1]],
    ['-1:1:1', [-1, 0, 1]],
    ['0:0.3:0.1', [0, 0.1, 0.2, 0.3]],
    ['1.10:1.3:0.1', [1.1, 1.2, 1.3]],
    ['999999:1000001:1', undefined],
    ['-0.5:0.5:0.25', [-0.5, -0.25, 0, 0.25, 0.5]],
  ])('%s has the values %j', (text, values) => {
    if (values === undefined) expect(() => createScale(text)).toThrow(RangeError)
    else expect(createScale(text).values).toEqual(values)
  })

  test('a scale accepts its values, and nothing beside them', () => {
    const { stepOf, values } = createScale('0:100:1')
    expect(values.map(stepOf)).toEqual(values.map((_, index) => index))
    for (const value of [-1, 101, 0.5, 1 + 2 ** -52, Number.NaN, Infinity, '5', null, undefined]) {
      expect(stepOf(value)).toBeUndefined()
    }
    expect(stepOf(-0)).toBe(0)
  })

  test.each([
    ['', 'a scale is minimum:maximum:step, such as 0.5:5:0.5'],
    ['1:5', 'a scale is minimum:maximum:step, such as 0.5:5:0.5'],
    ['1:5:1:1', 'a scale is minimum:maximum:step, such as 0.5:5:0.5'],
    ['1:5:x', 'a scale is minimum:maximum:step, such as 0.5:5:0.5'],
    ['1:5:0.00001', 'a scale is minimum:maximum:step, such as 0.5:5:0.5'],
    ['1:5:0', 'the step of a scale must be more than 0'],
    ['1:5:-1', 'the step of a scale must be more than 0'],
    ['5:1:1', 'the maximum of a scale must be more than its minimum'],
    ['1:1:1', 'the maximum of a scale must be more than its minimum'],
    ['1:5:3', 'the maximum of a scale must be a whole number of steps from its minimum'],
    ['0:128:1', 'a scale must have at most 128 values; this has 129'],
  ])('the scale %j is refused', (text, message) => {
    expect(() => createScale(text)).toThrow(new RangeError(message))
  })

  test('a scale is described in words, and its text creates an equal one', () => {
    const scale = createScale('0.50:5.0:0.5')
    expect(describeScale(scale)).toBe('0.5 to 5 in steps of 0.5')
    expect(scaleText(scale)).toBe('0.5:5:0.5')
    expect(scaleText(createScale(scaleText(scale)))).toBe('0.5:5:0.5')
  })

  test('every value is the double nearest to its decimal, and a sum is rounded once', () => {
    const anyScale = fc.record({
      min: fc.integer({ min: -5_000, max: 5_000 }),
      step: fc.integer({ min: 1, max: 300 }),
      size: fc.integer({ min: 2, max: scaleSizeMax }),
      decimals: fc.integer({ min: 0, max: 4 }),
    })
    fc.assert(
      fc.property(anyScale, fc.array(fc.nat({ max: 9 })), (numbers, counts) => {
        const { min, step, size, decimals } = numbers
        const units = Array.from({ length: size }, (_, index) => min + index * step)
        const texts = units.map((each) => decimalText(each, decimals))
        const text = `${texts[0]}:${texts.at(-1)}:${decimalText(step, decimals)}`
        const scale = createScale(text)
        expect(scale.values).toEqual(texts.map(Number))
        const histogram = units.map((_, index) => counts[index] ?? 0)
        const sum = units.reduce((total, each, index) => total + each * (histogram[index] ?? 0), 0)
        expect(scale.sum(histogram)).toBe(Number(decimalText(sum, decimals)))
      }),
    )
  })
})

describe('the interval of a score', () => {
  test('the interval is around the score, within the scale, and narrower with more ratings', () => {
    let before = Number.POSITIVE_INFINITY
    for (const count of [0, 1, 10, 100, 1_000, 100_000]) {
      const { low, high } = scoreInterval([0, 0, 0, 0, 0, count, 0, count, 0, 0], defaultScoring)
      expect(low).toBeGreaterThanOrEqual(0.5)
      expect(high).toBeLessThanOrEqual(5)
      expect(high - low).toBeLessThan(before)
      before = high - low
    }
    expect(before).toBeLessThan(0.01)
  })

  test('without ratings and without a prior, the interval is the whole scale', () => {
    const scoring = scoringOf(createScale('1:10:1'), 0)
    expect(scoreInterval([], scoring)).toEqual({ low: 1, high: 10, level: 0.95 })
  })
})

/** Writes a number of units of the last decimal place. */
function decimalText(units: number, decimals: number): string {
  const digits = `${Math.abs(units)}`.padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = digits.slice(digits.length - decimals)
  return `${units < 0 ? '-' : ''}${whole}${decimals > 0 ? `.${fraction}` : ''}`
}
