import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createChunkedList } from './chunked-list.ts'

const value = fc.integer({ min: 0, max: 99 })
const change = fc.record({ kind: fc.constantFrom('insert', 'insert', 'remove'), value })

test('a chunked list has the items of an array, whatever is inserted and removed', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200, size: 'max' }), value, (changes, start) => {
      const list = createChunkedList<number>(4)
      let expected: number[] = []
      for (const { kind, value } of changes) {
        const place = list.placeOf((item) => item >= value)
        const isThere = list.itemAt(place) === value
        expect(isThere).toBe(expected.includes(value))
        if (kind === 'insert' && !isThere) {
          list.insert(place, value)
          expected = [...expected, value].sort((a, b) => a - b)
        }
        if (kind === 'remove' && isThere) {
          list.remove(place)
          expected = expected.filter((item) => item !== value)
        }
      }
      expect(list.chunks.flat()).toEqual(expected)
      expect(list.chunks.every(({ length }) => length > 0 && length <= 4)).toBe(true)
      const place = list.placeOf((item) => item >= start)
      const at = expected.filter((item) => item < start).length
      expect(list.itemAt(place)).toBe(expected[at])
      expect(list.itemBefore(place)).toBe(expected[at - 1])
      expect(list.from(place, 7)).toEqual(expected.slice(at, at + 7))
      expect(list.before(place, 7)).toEqual(expected.slice(0, at).reverse().slice(0, 7))
    }),
    { numRuns: 300 },
  )
})
