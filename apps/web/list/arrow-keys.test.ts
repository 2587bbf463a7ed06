import { expect, test } from 'bun:test'
import { neighbour } from './arrow-keys.ts'

/** Three columns; the last row has two. */
const places = Array.from({ length: 8 }, (_, index) => ({
  left: (index % 3) * 100,
  top: Math.floor(index / 3) * 200,
}))

test.each([
  [1, 'ArrowRight', 2],
  [2, 'ArrowRight', 3],
  [3, 'ArrowLeft', 2],
  [1, 'ArrowDown', 4],
  [4, 'ArrowUp', 1],
  [5, 'ArrowDown', 7],
  [0, 'ArrowLeft', undefined],
  [0, 'ArrowUp', undefined],
  [7, 'ArrowRight', undefined],
  [7, 'ArrowDown', undefined],
  [4, 'Enter', undefined],
  [99, 'ArrowUp', undefined],
])('from card %d, %s leads to card %p', (from, key, to) => {
  expect(neighbour(places, from, key)).toBe(to)
})
