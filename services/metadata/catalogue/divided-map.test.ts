import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createDividedMap } from './divided-map.ts'

const change = fc.record({
  kind: fc.constantFrom('set', 'set', 'delete'),
  text: fc.string({ unit: fc.constantFrom('a', 'b', '😀'), maxLength: 3 }),
  value: fc.nat(),
})

test('a divided map has what a map has, whatever is set and deleted', () => {
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      const divided = createDividedMap<number>()
      const map = new Map<string, number>()
      for (const { kind, text, value } of changes) {
        if (kind === 'set') divided.set(text, value)
        if (kind === 'set') map.set(text, value)
        else expect(divided.delete(text)).toBe(map.delete(text))
        expect(divided.size).toBe(map.size)
        expect(divided.has(text)).toBe(map.has(text))
      }
      expect([...divided.keys()].toSorted()).toEqual([...map.keys()].toSorted())
      for (const [text, value] of map) expect(divided.get(text)).toBe(value)
    }),
  )
})
