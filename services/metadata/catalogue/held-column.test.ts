import { expect, test } from 'bun:test'
import { chunkSize, valueAt } from './chunks.ts'
import { createHeldColumn } from './held-column.ts'

test('held values stay while others are set, and each chunk is copied once', () => {
  const column = createHeldColumn()
  const size = 2 * chunkSize + 1
  for (let slot = 0; slot < size; slot++) column.set(slot, slot)
  const first = column.hold()
  column.set(5, -5)
  column.set(6, -6)
  const second = column.hold()
  column.set(5, -50)
  expect([5, 6, size - 1].map((slot) => valueAt(first.values, slot))).toEqual([5, 6, size - 1])
  expect([5, 6, size - 1].map((slot) => valueAt(second.values, slot))).toEqual([-5, -6, size - 1])
  expect([5, 6].map((slot) => valueAt(column.values(), slot))).toEqual([-50, -6])
  expect(column.values()[1] === first.values[1]).toBe(true)
  const [copied] = first.values
  first[Symbol.dispose]()
  second[Symbol.dispose]()
  const third = column.hold()
  column.set(5, 1)
  expect(third.values[0]?.[5]).toBe(-50)
  column.set(7, 7)
  third[Symbol.dispose]()
  column.set(8, 8)
  expect(valueAt(column.values(), 7)).toBe(7)
  expect(copied).toBeDefined()
})

test('chunks that nobody holds any more are used again', () => {
  const column = createHeldColumn()
  column.set(0, 1)
  const seen = new Set<Float64Array | undefined>()
  for (let round = 0; round < 100; round++) {
    const held = column.hold()
    column.set(0, round)
    seen.add(column.values()[0])
    held[Symbol.dispose]()
  }
  expect(seen.size).toBe(2)
})
