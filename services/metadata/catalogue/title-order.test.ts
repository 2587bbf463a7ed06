import { expect, test } from 'bun:test'
import { compareCodePoints } from '@marquee/sql/code-points'
import fc from 'fast-check'
import { createColumns } from './columns.ts'
import { createTitleOrder } from './title-order.ts'

const change = fc.record({
  kind: fc.constantFrom('put', 'put', 'put', 'remove', 'read', 'share'),
  id: fc.integer({ min: 1, max: 60 }).map(String),
  title: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
})

test('titles stay in order, whatever is put, removed and read between', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 300, size: 'max' }), (changes) => {
      const columns = createColumns()
      const order = createTitleOrder(columns)
      const movies = new Map<string, string>()
      const shared: (readonly [Uint32Array, Uint32Array])[] = []
      for (const { kind, id, title } of changes) {
        const before = columns.slotOf(id)
        if (kind === 'read') order.ranks()
        if (kind === 'share')
          shared.push(...order.parts('d').map((one) => [one, one.slice()] as const))
        if (kind === 'remove' || kind === 'put') {
          if (kind === 'remove') columns.remove(id)
          if (kind === 'remove') movies.delete(id)
          const slot = kind === 'put' ? columns.put(movie(id, title), words, undefined) : undefined
          if (before !== undefined) order.remove(before)
          if (slot === undefined) continue
          movies.set(id, title)
          order.add(slot)
        }
      }
      const byTitle = [...movies].sort(
        ([a, one], [b, other]) => compareCodePoints(one, other) || compareCodePoints(a, b),
      )
      const expected = byTitle.map(([id]) => columns.slotOf(id) as number)
      expect(order.slotsAfter(undefined, false, 100)).toEqual(expected)
      const ranks = order.ranks()
      expect(expected.toSorted((a, b) => (ranks[a] as number) - (ranks[b] as number))).toEqual(
        expected,
      )
      for (const [id, title] of movies) {
        const after = order.rankAfter({ id, title }, false)
        const later = expected.filter((slot) => (ranks[slot] as number) > after)
        expect(later).toEqual(expected.slice(expected.indexOf(columns.slotOf(id) as number) + 1))
      }
      for (const [one, copy] of shared) expect(one).toEqual(copy)
    }),
    { numRuns: 300 },
  )
})

const words = { inOrder: [], joined: [] }

function movie(id: string, title: string) {
  return { id, title, description: '', director: '', releaseDate: '', genres: [] }
}
