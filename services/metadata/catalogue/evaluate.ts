import { addAll, type Bits, keepOnly, noBits, setBit } from './bits.ts'
import type { Columns, Numbers } from './columns.ts'
import type { Filter } from './filter.ts'
import { inTurns, type Pause } from './pause.ts'

/** Slots for which a filter is true, and for which it is false. It is neither when a number is unknown. */
interface Truth {
  readonly yes: Bits
  readonly no: Bits
}

/** The values that a filter compares. */
export interface Compared {
  readonly columns: Columns
  readonly numbers: Numbers
}

/** Returns the slots for which a filter is true, also slots that no movie has any more. */
export async function evaluate(filter: Filter, compared: Compared, pause: Pause): Promise<Bits> {
  const { columns } = compared
  const size = columns.size()
  async function truthOf(part: Filter): Promise<Truth> {
    if (part.kind === 'not') {
      const { yes, no } = await truthOf(part.operand)
      return { yes: no, no: yes }
    }
    if (part.kind === 'and' || part.kind === 'or') {
      const [left, right] = [await truthOf(part.left), await truthOf(part.right)]
      return part.kind === 'and'
        ? { yes: keepOnly(left.yes, right.yes), no: addAll(left.no, right.no) }
        : { yes: addAll(left.yes, right.yes), no: keepOnly(left.no, right.no) }
    }
    await pause()
    const truth = { yes: noBits(size), no: noBits(size) }
    const isTrue = testOf(part, compared)
    await inTurns(size, pause, (from, to) => compareAll(isTrue, truth, from, to))
    return truth
  }
  return (await truthOf(filter)).yes
}

type Comparison = Exclude<Filter, { kind: 'and' | 'or' | 'not' }>

/** Tells whether a comparison is true for a slot, or `undefined` when it is neither. */
type Test = (slot: number) => boolean | undefined

function compareAll(test: Test, { yes, no }: Truth, from: number, to: number): void {
  for (let slot = from; slot < to; slot++) {
    const isTrue = test(slot)
    if (isTrue !== undefined) setBit(isTrue ? yes : no, slot)
  }
}

function testOf(comparison: Comparison, { columns, numbers }: Compared): Test {
  if (comparison.kind === 'number') {
    const values = numbers[comparison.of]
    const { test } = comparison
    return (slot) => {
      const value = values[slot] as number
      return Number.isNaN(value) ? undefined : test(value)
    }
  }
  if (comparison.kind === 'genres') {
    const answers = columns.genreSets.map(comparison.test)
    return (slot) => answers[columns.genreSetOf[slot] as number]
  }
  const texts = { id: columns.ids, title: columns.titles, director: columns.directors }
  const values = texts[comparison.of]
  return (slot) => comparison.test(values[slot] as string)
}
