import { addAll, type Bits, bitsOfChunk, countBits, forEachBit, isEmpty, keepOnly } from './bits.ts'
import { chunkSize, valueAt } from './chunks.ts'
import type { Numbers } from './columns.ts'
import { createFilterEvaluator } from './evaluate.ts'
import { createFacetCounter } from './facets.ts'
import { isNumber, type OrderTerm } from './order.ts'
import type { Pause } from './pause.ts'
import type { CataloguePage, CatalogueQuery, Position } from './query.ts'
import { type SearchedIndex, type SlotsByTier, search, tiers } from './search.ts'
import { compareValues, createSelection, type Key } from './select.ts'
import type { HeldTitles, TitleOrder } from './title-order.ts'

/** The parts of a catalogue that a list reads. */
export interface ListedIndex extends SearchedIndex {
  readonly titleOrder: TitleOrder
}

interface ListKey extends Key {
  /** Set when the values are ranks of titles. */
  readonly isTitle?: true
}

type ListKeys = [ListKey, ...ListKey[]]

/** Reads a list by looking at all movies, chunk by chunk. */
export async function readList(
  index: ListedIndex,
  query: CatalogueQuery,
  numbers: Numbers,
  pause: Pause,
): Promise<CataloguePage> {
  const { columns } = index
  const all = columns.alive()
  using titles = index.titleOrder.hold()
  const tierOf: Uint8Array[] = []
  const keys = keysOf(query, { numbers, titles, tierOf })
  // What depends on the order of titles is read before the first pause: movies may change then.
  const isWanted = query.after && isAfter(keys, query.after, titles)
  const selection = createSelection(query.limit + 1, keys, isWanted)
  const compared = { columns, numbers, titles }
  const evaluate = query.filter && createFilterEvaluator(query.filter, compared)
  const found = query.query === '' ? undefined : await search(index, query.query, pause)
  if (found) keepOnly(all, union(found))
  const counter = query.hasFacets ? createFacetCounter(columns) : undefined
  let totalSize = 0
  const countPerTurn = query.filter ? filteredChunksPerTurn : chunksPerTurn
  await inChunks(all, countPerTurn, pause, (chunk, within) => {
    keepOnly(within, columns.aliveOf(chunk))
    const matches = evaluate ? evaluate(chunk, within) : within
    if (found) tierOf[chunk] = tierChunk(found, chunk)
    totalSize += countBits(matches)
    counter?.addAll(chunk, matches)
    selection.addAll(chunk, matches)
  })
  const slots = selection.inOrder()
  return {
    movies: slots.slice(0, query.limit).map((slot) => ({
      id: columns.ids.get(slot),
      position: positionOf(slot, keys, index),
    })),
    hasNext: slots.length > query.limit,
    totalSize,
    facets: counter?.facets(),
  }
}

/** Returns the position of a movie in a list with these keys. */
export function positionOf(
  slot: number,
  keys: readonly ListKey[],
  { columns }: Pick<ListedIndex, 'columns'>,
): Position {
  const values = keys.flatMap(({ isTitle, values }) => {
    const value = isTitle ? Number.NaN : valueAt(values, slot)
    return isTitle ? [] : [Number.isNaN(value) ? null : value]
  })
  return { values, title: columns.titles.get(slot), id: columns.ids.get(slot) }
}

export function orderOf({ order, query }: CatalogueQuery): readonly OrderTerm[] {
  if (order.length > 0) return order
  return [{ by: query === '' ? 'title' : 'relevance', isDescending: false }]
}

/** Number of chunks that one turn of the event loop looks at. */
const chunksPerTurn = 2
/** The same with a filter, which may have many comparisons. */
const filteredChunksPerTurn = 1

/** Calls `run` with each chunk that has slots, with pauses. */
async function inChunks(
  slots: Bits,
  countPerTurn: number,
  pause: Pause,
  run: (chunk: number, within: Bits) => void,
): Promise<void> {
  let ranCount = 0
  for (let chunk = 0; chunk * chunkSize < 32 * slots.length; chunk++) {
    const within = bitsOfChunk(slots, chunk)
    if (isEmpty(within)) continue
    if (ranCount > 0 && ranCount % countPerTurn === 0) await pause()
    run(chunk, within)
    ranCount++
  }
}

interface KeyValues {
  readonly numbers: Numbers
  readonly titles: HeldTitles
  /** Index of the tier of a match. Gets its chunks as they are read. */
  readonly tierOf: readonly Uint8Array[]
}

function keysOf(query: CatalogueQuery, { numbers, titles, tierOf }: KeyValues): ListKeys {
  const byTitle = { values: titles.ranks, isTitle: true } as const
  const votes = { values: numbers.imdbVotes, isDescending: true }
  const keys = orderOf(query).flatMap(({ by, isDescending }): ListKey[] => {
    if (by === 'relevance') return [{ values: tierOf, isDescending: false }, votes]
    return [isNumber(by) ? { values: numbers[by], isDescending } : { ...byTitle, isDescending }]
  })
  const hasTitle = keys.some(({ isTitle }) => isTitle)
  return (hasTitle ? keys : [...keys, { ...byTitle, isDescending: false }]) as ListKeys
}

/** Returns the numbers of the tiers of a chunk, 0 where there is no match. */
function tierChunk(found: SlotsByTier, chunk: number): Uint8Array {
  const tierOf = new Uint8Array(chunkSize)
  for (const [number, tier] of tiers.entries()) {
    forEachBit(bitsOfChunk(found[tier], chunk), (place) => {
      tierOf[place] = number
    })
  }
  return tierOf
}

/** Returns a function that tells whether a slot comes after the position. */
function isAfter(
  keys: readonly ListKey[],
  position: Position,
  titles: HeldTitles,
): (slot: number) => boolean {
  const given = position.values.values()
  const values = keys.map(({ isTitle, isDescending }) =>
    isTitle ? titles.rankAfter(position, isDescending) : (given.next().value ?? Number.NaN),
  )
  return (slot) => {
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index] as ListKey
      const own = valueAt(key.values, slot)
      const order = compareValues(own, values[index] as number, key.isDescending)
      if (order !== 0) return order > 0
    }
    return false
  }
}

function union(found: SlotsByTier): Bits {
  const bits = found.exact.slice()
  for (const tier of tiers) addAll(bits, found[tier])
  return bits
}
