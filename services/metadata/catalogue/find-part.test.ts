import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createFindPart } from './find-part.ts'

/** Few characters, so that a pair of a part is often where the part is not. */
const text = (lengths: { minLength?: number; maxLength: number }) =>
  fc.string({ unit: fc.constantFrom('a', 'b', ' ', '千', '\ud835'), ...lengths })

test('a part is found where indexOf finds it', () => {
  fc.assert(
    fc.property(
      text({ minLength: 2, maxLength: 5 }),
      fc.array(text({ maxLength: 60 }), { minLength: 1, maxLength: 4 }),
      (part, texts) => {
        const find = createFindPart(part)
        for (const one of texts) {
          const places = Array.from({ length: one.length + 2 }, (_, from) => find(one, from))
          expect(places).toEqual(places.map((_, from) => one.indexOf(part, from)))
        }
      },
    ),
    { numRuns: 2_000 },
  )
})

test('a long part of a long text is found, also when its first pairs are everywhere', () => {
  const part = `${'ab'.repeat(40)}c`
  const text = `${'ab'.repeat(10_000)}c`
  const find = createFindPart(part)
  expect(find(text, 0)).toBe(text.length - part.length)
  expect(find(text, text.length - part.length + 1)).toBe(-1)
})
