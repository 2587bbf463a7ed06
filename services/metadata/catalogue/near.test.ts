import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { lettersOf, nearTo } from './near.ts'
import { isNearByHand } from './testing/is-near-by-hand.ts'

const letter = fc.constantFrom('a', 'b', 'c', 'd')
const word = fc.array(letter, { minLength: 4, maxLength: 12 }).map((letters) => letters.join(''))
const slip = fc.tuple(fc.nat({ max: 12 }), fc.constantFrom('drop', 'add', 'swap'), letter)

function withSlip(text: string, [at, kind, added]: [number, string, string]): string {
  const [before, after] = [text.slice(0, at), text.slice(at)]
  if (kind === 'drop') return before + after.slice(1)
  if (kind === 'add') return before + added + after
  return before + after.slice(0, 2).split('').reverse().join('') + after.slice(2)
}

test('words are near as the whole matrix of their distance says', () => {
  fc.assert(
    fc.property(word, fc.array(fc.array(slip, { maxLength: 4 })), (one, others) => {
      const isNear = nearTo(one)
      for (const slips of others) {
        const other = slips.reduce(withSlip, one)
        expect([other, isNear(other, lettersOf(other))]).toEqual([other, isNearByHand(one, other)])
      }
    }),
    { numRuns: 1_000 },
  )
})
