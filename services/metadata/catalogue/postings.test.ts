import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { forEachBit, noBits } from './bits.ts'
import { createPostings } from './postings.ts'

/** The number of a word and, from the slot before, how much higher the next one is. */
const added = fc.tuple(fc.constantFrom(0, 1, 2, 7, 5_000), fc.constantFrom(0, 1, 1, 2))

function slotsOf(postings: ReturnType<typeof createPostings>, number: number): number[] {
  const bits = noBits(60_000)
  postings.collect(number, bits)
  const slots: number[] = []
  forEachBit(bits, (slot) => slots.push(slot))
  return slots
}

test('a word has the slots that were added, each once', () => {
  fc.assert(
    fc.property(fc.array(added, { maxLength: 500, size: 'max' }), (all) => {
      const postings = createPostings()
      const expected = new Map<number, Set<number>>()
      let slot = 0
      for (const [number, more] of all) {
        slot += more
        postings.add(number, slot)
        expected.set(number, (expected.get(number) ?? new Set()).add(slot))
      }
      for (const number of [0, 1, 2, 3, 7, 5_000, 9_999]) {
        expect(postings.has(number)).toBe(expected.has(number))
        expect(slotsOf(postings, number)).toEqual([...(expected.get(number) ?? [])])
      }
    }),
    { numRuns: 200 },
  )
})

test('words with many slots and words with few share the areas of blocks', () => {
  const postings = createPostings()
  for (let slot = 0; slot < 60_000; slot++) {
    postings.add(0, slot)
    if (slot % 3 > 0) postings.add(1, slot)
    postings.add(2 + (slot % 5_000), slot)
  }
  const all = Array.from({ length: 60_000 }, (_, slot) => slot)
  expect(slotsOf(postings, 0)).toEqual(all)
  expect(slotsOf(postings, 1)).toEqual(all.filter((slot) => slot % 3 > 0))
  expect(slotsOf(postings, 2 + 77)).toEqual(all.filter((slot) => slot % 5_000 === 77))
})
