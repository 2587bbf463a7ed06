import { expect, test } from 'bun:test'
import { blockSizeOf, columnsOf } from './columns.ts'

test.each([
  [320, 2],
  [390, 2],
  [768, 4],
  [1024, 5],
  [1440, 7],
  [1920, 8],
  [2560, 8],
])('a window of %d pixels has %d columns', (width, columns) => {
  expect(columnsOf(width)).toBe(columns)
})

test.each([
  [2, 12],
  [5, 15],
  [9, 18],
])('with %d columns, a block has whole rows: %d movies', (columns, size) => {
  expect(blockSizeOf(columns)).toBe(size)
})
