import { compareCodePoints } from '@marquee/sql/code-points'
import { firstIndex } from '@marquee/sql/first-index'
import { hasBit } from './bits.ts'
import type { Columns } from './columns.ts'

/** Title and id of a movie, by which the catalogue is ordered in the end. */
export interface TitlePosition {
  readonly title: string
  readonly id: string
}

/** The movies by title, then id, both compared by code point. */
export interface TitleOrder {
  /** Notes a new slot. The slot before, of the same movie, leaves the order. */
  add(slot: number): void
  /** Notes that a slot has no movie any more. */
  remove(): void
  /** Returns the place of each slot in the order. Valid until the next change. */
  ranks(): Float64Array
  /**
   * Returns a number between the ranks of the movies before this position and of those after it. A
   * movie at the position is among the ones that were listed already.
   */
  rankAfter(position: TitlePosition, isDescending: boolean): number
  /** Returns the slots whose titles are before a text, those that have it, and those after it. */
  parts(title: string): [before: Uint32Array, at: Uint32Array, after: Uint32Array]
  /** Returns the first slots after a position, or from the beginning without one. */
  slotsAfter(position: TitlePosition | undefined, isDescending: boolean, countMax: number): number[]
}

/** Number of new slots that are applied at once. With more, one turn of the event loop takes long. */
const addedCountMax = 16_384

export function createTitleOrder(columns: Columns): TitleOrder {
  let inOrder: Uint32Array = new Uint32Array()
  let ranks: Float64Array | undefined
  let added: number[] = []
  let isChanged = false

  function compare(a: number, b: number): number {
    const { titles, ids } = columns
    return (
      compareCodePoints(titles[a] as string, titles[b] as string) ||
      compareCodePoints(ids[a] as string, ids[b] as string)
    )
  }

  /** Applies the changes. */
  function settle(): void {
    if (!isChanged) return
    const alive = columns.alive()
    const news = added.filter((slot) => hasBit(alive, slot))
    if (!isSorted(news, compare)) news.sort(compare)
    inOrder = merge(
      inOrder.filter((slot) => hasBit(alive, slot)),
      news,
      compare,
    )
    added = []
    isChanged = false
    ranks = undefined
  }

  /**
   * Returns the number of movies before a position, with the one at it unless the order is
   * descending.
   */
  function countBefore({ title, id }: TitlePosition, isDescending: boolean): number {
    settle()
    return firstIndex(inOrder, (slot) => {
      const order =
        compareCodePoints(columns.titles[slot] as string, title) ||
        compareCodePoints(columns.ids[slot] as string, id)
      return isDescending ? order >= 0 : order > 0
    })
  }

  return {
    add(slot) {
      added.push(slot)
      isChanged = true
      if (added.length >= addedCountMax) settle()
    },
    remove() {
      isChanged = true
    },
    ranks() {
      settle()
      if (ranks !== undefined) return ranks
      ranks = new Float64Array(columns.size())
      for (let rank = 0; rank < inOrder.length; rank++) ranks[inOrder[rank] as number] = rank
      return ranks
    },
    rankAfter: (position, isDescending) => countBefore(position, isDescending) - 0.5,
    parts(title) {
      settle()
      const place = (isPast: (order: number) => boolean) =>
        firstIndex(inOrder, (slot) =>
          isPast(compareCodePoints(columns.titles[slot] as string, title)),
        )
      const [from, to] = [place((order) => order >= 0), place((order) => order > 0)]
      return [inOrder.subarray(0, from), inOrder.subarray(from, to), inOrder.subarray(to)]
    },
    slotsAfter(position, isDescending, countMax) {
      settle()
      const place = position && countBefore(position, isDescending)
      if (!isDescending) return [...inOrder.subarray(place ?? 0, (place ?? 0) + countMax)]
      const end = place ?? inOrder.length
      return [...inOrder.subarray(Math.max(0, end - countMax), end)].reverse()
    },
  }
}

type Compare = (a: number, b: number) => number

function isSorted(slots: readonly number[], compare: Compare): boolean {
  return slots.every((slot, at) => at === 0 || compare(slots[at - 1] as number, slot) < 0)
}

function merge(left: Uint32Array, right: readonly number[], compare: Compare): Uint32Array {
  const merged = new Uint32Array(left.length + right.length)
  let taken = 0
  for (const [index, slot] of right.entries()) {
    const place = firstIndex(left, (other) => compare(other, slot) > 0, taken)
    merged.set(left.subarray(taken, place), taken + index)
    merged[place + index] = slot
    taken = place
  }
  merged.set(left.subarray(taken), taken + right.length)
  return merged
}
