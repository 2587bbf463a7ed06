import { addAll, type Bits, forEachBit, keepOnly, removeAll, setBit } from './bits.ts'
import { type Chunked, chunkWords } from './chunks.ts'
import type { Columns, Numbers } from './columns.ts'
import type { Comparison, Filter, Orders, TextComparison } from './filter.ts'
import { createMatchTexts } from './match-texts.ts'
import type { HeldTitles } from './title-order.ts'

/** Places for which a filter is true, and for which it is false. It is neither when a number is unknown. */
interface Truth {
  readonly yes: Bits
  readonly no: Bits
}

/** The values that a filter compares. */
export interface Compared {
  readonly columns: Columns
  readonly numbers: Numbers
  readonly titles: HeldTitles
}

/** Returns the truth for places of a chunk. It is valid until the next call. */
type Evaluator = (chunk: number, within: Bits) => Truth

/**
 * Returns a function that returns those of the places of a chunk for which a filter is true, valid
 * until the next call. A comparison looks at the places whose result depends on it.
 */
export function createFilterEvaluator(
  filter: Filter,
  compared: Compared,
): (chunk: number, within: Bits) => Bits {
  const evaluator = evaluatorOf(filter, compared)
  return (chunk, within) => evaluator(chunk, within).yes
}

function evaluatorOf(filter: Filter, compared: Compared): Evaluator {
  if (filter.kind === 'not') {
    const operand = evaluatorOf(filter.operand, compared)
    return (chunk, within) => {
      const { yes, no } = operand(chunk, within)
      return { yes: no, no: yes }
    }
  }
  if (filter.kind !== 'and' && filter.kind !== 'or') return comparisonEvaluator(filter, compared)
  const left = evaluatorOf(filter.left, compared)
  const right = evaluatorOf(filter.right, compared)
  const rest = new Int32Array(chunkWords)
  const isAnd = filter.kind === 'and'
  return (chunk, within) => {
    const first = left(chunk, within)
    rest.set(within)
    removeAll(rest, isAnd ? first.no : first.yes)
    const second = right(chunk, rest)
    if (isAnd) keepOnly(first.yes, second.yes)
    else keepOnly(first.no, second.no)
    if (isAnd) addAll(first.no, second.no)
    else addAll(first.yes, second.yes)
    return first
  }
}

/** Adds places to `yes` or `no`, which are empty. */
type Compare = (chunk: number, within: Bits, truth: Truth) => void

function comparisonEvaluator(comparison: Comparison, compared: Compared): Evaluator {
  const truth = { yes: new Int32Array(chunkWords), no: new Int32Array(chunkWords) }
  const compare = compareOf(comparison, compared)
  return (chunk, within) => {
    truth.yes.fill(0)
    truth.no.fill(0)
    if (within.some((word) => word !== 0)) compare(chunk, within, truth)
    return truth
  }
}

function compareOf(comparison: Comparison, { columns, numbers, titles }: Compared): Compare {
  switch (comparison.kind) {
    case 'number': {
      const { of, orders, value } = comparison
      return compareNumbers(numbers[of], orders, value, value)
    }
    case 'numberIn': {
      const { of, values } = comparison
      return compareEach(numbers[of], (value) => values.has(value))
    }
    case 'genres': {
      const answers = columns.genreSets.map((genres) => genres.includes(comparison.genre))
      return compareEach(columns.genreSetOf, (set) => answers[set] as boolean)
    }
    default:
      return compareTexts(comparison, columns, titles)
  }
}

function compareTexts(comparison: TextComparison, columns: Columns, titles: HeldTitles): Compare {
  if (comparison.of === 'title' && comparison.kind === 'text') {
    const { from, to } = titles.ranksOf(comparison.value)
    return compareNumbers(titles.ranks, comparison.orders, from, to)
  }
  const texts = { id: columns.ids, title: columns.titles, director: columns.directors }
  const match = createMatchTexts(comparison)
  return (chunk, within, { yes, no }) => {
    match(texts[comparison.of].chunk(chunk), within, yes)
    no.set(within)
    removeAll(no, yes)
  }
}

/** Compares with a range, in which all values count as equal to the constant. */
function compareNumbers(
  values: Chunked<Float64Array>,
  orders: Orders,
  from: number,
  to: number,
): Compare {
  return (chunk, within, { yes, no }) => {
    const own = values[chunk] as Float64Array
    for (let at = 0; at < within.length; at++) {
      const wanted = within[at] as number
      if (wanted === 0) continue
      let [isTrue, isKnown] = [0, 0]
      for (let bit = 0; bit < 32; bit++) {
        const value = own[32 * at + bit] as number
        const order = Number(value > to) - Number(value < from) + 1
        isTrue |= ((orders >>> order) & 1) << bit
        isKnown |= Number(!Number.isNaN(value)) << bit
      }
      yes[at] = isTrue & isKnown & wanted
      no[at] = ~isTrue & isKnown & wanted
    }
  }
}

function compareEach(values: Chunked, test: (value: number) => boolean): Compare {
  return (chunk, within, { yes, no }) => {
    const own = values[chunk] as ArrayLike<number>
    forEachBit(within, (place) => {
      const value = own[place] as number
      if (!Number.isNaN(value)) setBit(test(value) ? yes : no, place)
    })
  }
}
