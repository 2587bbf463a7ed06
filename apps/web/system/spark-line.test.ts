import { expect, test } from 'bun:test'
import { sparkPath } from './spark-line.ts'

const size = { width: 100, height: 20, countMax: 11 }

test('the newest value is at the right, and the highest at the top', () => {
  expect(sparkPath([5, 10, 0], size)).toBe('M80 10L90 0L100 20')
})

test('an unknown value interrupts the line', () => {
  expect(sparkPath([10, null, 10, 5], size)).toBe('M70 0M90 0L100 10')
})

test('values that do not fit are left out, oldest first', () => {
  const values = Array.from({ length: 50 }, () => 1)
  expect(sparkPath(values, size).match(/[ML]/g)).toHaveLength(11)
})

test('a range has its own bottom and top', () => {
  const range = [4, 5] as const
  expect(sparkPath([4, 4.5, 5], { ...size, range })).toBe('M80 20L90 10L100 0')
})

test('no values are no line, and zeros are a line at the bottom', () => {
  expect(sparkPath([], size)).toBe('')
  expect(sparkPath([null], size)).toBe('')
  expect(sparkPath([0, 0], size)).toBe('M90 20L100 20')
})
