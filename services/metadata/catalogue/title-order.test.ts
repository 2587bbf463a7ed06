import { expect, test } from 'bun:test'
import { compareCodePoints } from '@marquee/sql/code-points'
import fc from 'fast-check'
import { valueAt } from './chunks.ts'
import { createColumns } from './columns.ts'
import { createTitleOrder, type HeldTitles } from './title-order.ts'

const ids = Array.from({ length: 60 }, (_, n) => `${n}`)
const title = fc.string({ unit: fc.constantFrom('a', 'b', '\uff5e', '😀'), maxLength: 3 })
const change = fc.record({
  kind: fc.constantFrom('put', 'put', 'put', 'remove', 'hold', 'release'),
  id: fc.constantFrom(...ids),
  title,
})

test('titles stay in order, whatever is put and removed, and held ranks do not change', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 300, size: 'max' }), title, (changes, bound) => {
      const world = createWorld()
      const held: { titles: HeldTitles; ranks: number[] }[] = []
      for (const { kind, ...position } of changes) {
        if (kind === 'put') world.put(position)
        if (kind === 'remove') world.remove(position.id)
        if (kind === 'hold') held.push({ titles: world.order.hold(), ranks: world.ranks() })
        if (kind === 'release') held.shift()?.titles[Symbol.dispose]()
      }
      for (const { titles, ranks } of held) {
        expect(ranks.map((_, slot) => valueAt(titles.ranks, slot))).toEqual(ranks)
      }
      world.expectInOrder(bound)
    }),
    { numRuns: 300 },
  )
})

test.each(['first', 'last', 'between two'])(
  'thousands of titles that come %s all get ranks in order',
  (place) => {
    const world = createWorld()
    world.put({ id: 'a', title: 'a' })
    world.put({ id: 'z', title: 'z' })
    const prefix = place === 'first' ? '' : place === 'last' ? 'zz' : 'm'
    for (let n = 0; n < 3_000; n++) {
      const number = place === 'first' ? 9_999 - n : n
      world.put({ id: `${n}`, title: `${prefix}${`${number}`.padStart(4, '0')}` })
    }
    world.expectInOrder('m1')
  },
)

function createWorld() {
  const columns = createColumns()
  const order = createTitleOrder(columns)
  const movies = new Map<string, string>()

  function remove(id: string): void {
    const slot = columns.slotOf(id)
    if (slot === undefined) return
    order.remove(slot, { id, title: movies.get(id) as string })
    columns.remove(id)
    movies.delete(id)
  }

  function slotsInOrder(): number[] {
    const sorted = [...movies].sort(
      ([a, one], [b, other]) => compareCodePoints(one, other) || compareCodePoints(a, b),
    )
    return sorted.map(([id]) => columns.slotOf(id) as number)
  }

  return {
    order,
    remove,
    put(position: { id: string; title: string }): void {
      remove(position.id)
      const empty = { description: '', director: '', releaseDate: '', genres: [] }
      const words = { inOrder: [], joined: [] }
      order.add(columns.put({ ...position, ...empty }, words, undefined), position)
      movies.set(position.id, position.title)
    },
    ranks(): number[] {
      using titles = order.hold()
      return Array.from({ length: columns.size() }, (_, slot) => valueAt(titles.ranks, slot))
    },
    expectInOrder(bound: string): void {
      const slots = slotsInOrder()
      expect(order.slotsAfter(undefined, false, slots.length + 1)).toEqual(slots)
      expect(order.slotsAfter(undefined, true, slots.length + 1)).toEqual(slots.toReversed())
      using titles = order.hold()
      const ranks = slots.map((slot) => valueAt(titles.ranks, slot))
      expect(ranks.every((rank, at) => at === 0 || (ranks[at - 1] as number) < rank)).toBe(true)
      const { from, to } = titles.ranksOf(bound)
      const orders: number[] = slots.map((slot) => Math.sign(columns.titles.compare(slot, bound)))
      expect(ranks.map((rank) => Number(rank > to) - Number(rank < from))).toEqual(orders)
      for (const [at, slot] of slots.entries()) {
        if (at % 50 !== 0) continue
        const position = { title: columns.titles.get(slot), id: columns.ids.get(slot) }
        const after = titles.rankAfter(position, false)
        expect(ranks.findIndex((rank) => rank > after)).toBe(at + 1 < slots.length ? at + 1 : -1)
        const before = titles.rankAfter(position, true)
        expect(ranks.findLastIndex((rank) => rank < before)).toBe(at - 1)
        expect(order.slotsAfter(position, false, 3)).toEqual(slots.slice(at + 1, at + 4))
        expect(order.slotsAfter(position, true, 3)).toEqual(
          slots.slice(0, at).reverse().slice(0, 3),
        )
      }
    },
  }
}
