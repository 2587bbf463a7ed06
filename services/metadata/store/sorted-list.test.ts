import { expect, test } from 'bun:test'
import { firstIndex } from '@marquee/sql/first-index'
import fc from 'fast-check'
import { createSortedList } from './sorted-list.ts'

const ascending = (a: number, b: number) => a - b

test('a list is sorted whatever is added, removed and read in between', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('toggle' as const), item: fc.nat({ max: 40 }) }),
      fc.record({ kind: fc.constant('read' as const) }),
    ),
    { maxLength: 100 },
  )
  fc.assert(
    fc.property(steps, (taken) => {
      const list = createSortedList(ascending)
      const model = new Set<number>()
      for (const step of taken) {
        if (step.kind === 'read') {
          expect(list.items()).toEqual([...model].sort(ascending))
        } else if (model.delete(step.item)) {
          list.remove(step.item)
        } else {
          model.add(step.item)
          list.add(step.item)
        }
      }
      expect(list.items()).toEqual([...model].sort(ascending))
    }),
  )
})

test('a position in a long list is found with few comparisons', () => {
  const items = Array.from({ length: 1_000_000 }, (_, index) => index)
  let comparisons = 0
  const place = firstIndex(items, (item) => {
    comparisons++
    return item >= 765_432
  })
  expect(place).toBe(765_432)
  expect(comparisons).toBeLessThanOrEqual(20)
  expect(firstIndex(items, () => false)).toBe(items.length)
})
