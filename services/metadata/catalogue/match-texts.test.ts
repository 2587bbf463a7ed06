import { expect, test } from 'bun:test'
import { compareCodePoints } from '@marquee/sql/code-points'
import fc from 'fast-check'
import { forEachBit, noBits, setBit } from './bits.ts'
import type { TextTest } from './filter.ts'
import { createMatchTexts } from './match-texts.ts'
import { createTexts } from './texts.ts'

const text = fc.string({ unit: fc.constantFrom('a', 'A', ' ', '-', 'é', '千', '𝔸'), maxLength: 5 })

const comparison: fc.Arbitrary<TextTest> = fc.oneof(
  fc.record({
    kind: fc.constant('textPart' as const),
    method: fc.constantFrom('contains', 'startsWith', 'endsWith'),
    value: text,
  }),
  fc.record({
    kind: fc.constant('text' as const),
    orders: fc.constantFrom(1, 2, 3, 4, 5, 6),
    value: text,
  }),
  fc.record({
    kind: fc.constant('textIn' as const),
    values: fc.array(text).map((values) => new Set(values)),
  }),
)

function isMatch(own: string, comparison: TextTest): boolean {
  if (comparison.kind === 'textIn') return comparison.values.has(own)
  if (comparison.kind === 'text') {
    const order = Math.sign(compareCodePoints(own, comparison.value))
    return [1, 2, 4].some((one, at) => at - 1 === order && (comparison.orders & one) !== 0)
  }
  const { method, value } = comparison
  if (method === 'contains') return own.includes(value)
  return method === 'startsWith' ? own.startsWith(value) : own.endsWith(value)
}

test('texts match as JavaScript compares them one by one, also across their borders', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text, fc.boolean())), comparison, (given, comparison) => {
      const texts = createTexts()
      const [within, found] = [noBits(given.length), noBits(given.length)]
      for (const [slot, [own, isWithin]] of given.entries()) {
        texts.push(own)
        if (isWithin) setBit(within, slot)
      }
      if (given.length === 0) return
      createMatchTexts(comparison)(texts.chunk(0), within, found)
      const places: number[] = []
      forEachBit(found, (place) => places.push(place))
      const expected = given.flatMap(([own, isWithin], slot) =>
        isWithin && isMatch(own, comparison) ? [slot] : [],
      )
      expect(places).toEqual(expected)
    }),
    { numRuns: 2_000 },
  )
})

test('a part that only texts together have is looked for once for each text', () => {
  const texts = createTexts()
  for (let slot = 0; slot < 100; slot++) texts.push('aaaa')
  const chunk = texts.chunk(0)
  let readCount = 0
  const counted = {
    slice: () => chunk.text,
    startsWith: (part: string, at: number) => chunk.text.startsWith(part, at),
    indexOf(part: string, from: number) {
      readCount++
      return chunk.text.indexOf(part, from)
    },
  }
  const match = createMatchTexts({
    ...{ kind: 'textPart', method: 'contains', value: 'aaaaa' },
  })
  const found = noBits(100)
  match({ ...chunk, text: counted as unknown as string }, noBits(100).fill(-1), found)
  expect(found.some((word) => word !== 0)).toBe(false)
  // Behind the last place where the part is, there are only beginnings of it.
  expect(readCount).toBeLessThanOrEqual(100 + 'aaaa'.length)
})

test('texts are returned and compared as they were added, in any number of chunks', () => {
  const texts = createTexts()
  const own = (slot: number) => (slot % 7 === 0 ? '' : `${slot}`.repeat(slot % 3))
  for (let slot = 0; slot < 20_000; slot++) {
    texts.push(own(slot))
    for (const one of [slot, slot >>> 1]) {
      if (texts.get(one) !== own(one) || texts.compare(one, own(one)) !== 0)
        throw new Error(`${one}`)
    }
  }
  expect(texts.compare(19_999, '')).toBe(own(19_999).length)
})
