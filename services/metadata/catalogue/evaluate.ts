import { addAll, type Bits, forEachBit, keepOnly, noBits, removeAll, setBit } from './bits.ts'
import type { Columns, Numbers } from './columns.ts'
import type { Filter, TextBound } from './filter.ts'
import { inTurns, type Pause } from './pause.ts'
import type { TitleOrder } from './title-order.ts'

/** Slots for which a filter is true, and for which it is false. It is neither when a number is unknown. */
interface Truth {
  readonly yes: Bits
  readonly no: Bits
}

/** The values that a filter compares. */
export interface Compared {
  readonly columns: Columns
  readonly numbers: Numbers
  readonly titleOrder: Pick<TitleOrder, 'parts'>
}

/**
 * Returns those of the slots for which a filter is true. A comparison looks at the slots whose
 * result depends on it.
 */
export async function evaluate(
  filter: Filter,
  slots: Bits,
  compared: Compared,
  pause: Pause,
): Promise<Bits> {
  async function truthOf(part: Filter, within: Bits): Promise<Truth> {
    if (part.kind === 'not') {
      const { yes, no } = await truthOf(part.operand, within)
      return { yes: no, no: yes }
    }
    if (part.kind === 'and') {
      const left = await truthOf(part.left, within)
      const right = await truthOf(part.right, removeAll(within.slice(), left.no))
      return { yes: keepOnly(left.yes, right.yes), no: addAll(left.no, right.no) }
    }
    if (part.kind === 'or') {
      const left = await truthOf(part.left, within)
      const right = await truthOf(part.right, removeAll(within.slice(), left.yes))
      return { yes: addAll(left.yes, right.yes), no: keepOnly(left.no, right.no) }
    }
    await pause()
    return compareAll(part, within, compared, pause)
  }
  return (await truthOf(filter, slots)).yes
}

type Comparison = Exclude<Filter, { kind: 'and' | 'or' | 'not' }>

/** Tells whether a comparison is true for a slot, or `undefined` when it is neither. */
type Test = (slot: number) => boolean | undefined

async function compareAll(
  comparison: Comparison,
  within: Bits,
  compared: Compared,
  pause: Pause,
): Promise<Truth> {
  const size = 32 * within.length
  const truth = { yes: noBits(size), no: noBits(size) }
  if (comparison.kind === 'text' && comparison.of === 'title' && comparison.bound) {
    await compareTitles(comparison.bound, truth, compared, pause)
    return { yes: keepOnly(truth.yes, within), no: keepOnly(truth.no, within) }
  }
  const test = testOf(comparison, compared)
  function look(slot: number): void {
    const isTrue = test(slot)
    if (isTrue !== undefined) setBit(isTrue ? truth.yes : truth.no, slot)
  }
  await inTurns(size, pause, (from, to) => forEachBit(within, look, from, to))
  return truth
}

/** Compares all titles by their order, without looking at the texts. */
async function compareTitles(
  { value, test }: TextBound,
  { yes, no }: Truth,
  { titleOrder }: Compared,
  pause: Pause,
): Promise<void> {
  for (const [order, slots] of titleOrder.parts(value).entries()) {
    const bits = test(order - 1) ? yes : no
    await inTurns(slots.length, pause, (from, to) => {
      for (let at = from; at < to; at++) setBit(bits, slots[at] as number)
    })
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
