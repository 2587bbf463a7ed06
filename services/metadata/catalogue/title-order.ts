import { compareCodePoints } from '@marquee/sql/code-points'
import { firstIndex } from '@marquee/sql/first-index'
import { type Bits, hasBit } from './bits.ts'
import type { Columns } from './columns.ts'
import type { Pause } from './pause.ts'

/** Title and id of a movie, by which the catalogue is ordered in the end. */
export interface TitlePosition {
  readonly title: string
  readonly id: string
}

/** The movies by title, then id, both compared by code point. */
export interface TitleOrder {
  /** Notes a new slot. */
  add(slot: number): void
  /** Notes that a slot has no movie any more. */
  remove(slot: number): void
  /** Does what takes the other methods long after changes, with pauses. */
  prepare(pause: Pause): Promise<void>
  /** Returns numbers by slot that are in order. Those of a slot never change. */
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
/** Number of changes up to which each is found by its title. More are found by looking at every slot. */
const singlyCountMax = 1_024
/** Number of changes up to which each moves the slots behind it. More are applied to a copy. */
const inPlaceCountMax = 16
/** Number of new slots that there is room for in the order and the ranks. */
const spareCount = 16_384
/** Least distance of two ranks, so that there are numbers between them. */
const distanceMin = 2 ** -20

export function createTitleOrder(columns: Columns): TitleOrder {
  /** The order, and room for more. */
  let room: Uint32Array = new Uint32Array()
  let inOrder = room
  /** True when a caller may still read the order: then the next change is made to a copy. */
  let isShared = false
  let ranks: Float64Array | undefined
  let added: number[] = []
  let removed: number[] = []

  function compare(a: number, b: number): number {
    const { titles, ids } = columns
    return (
      compareCodePoints(titles[a] as string, titles[b] as string) ||
      compareCodePoints(ids[a] as string, ids[b] as string)
    )
  }

  /** Applies the changes. */
  function settle(): void {
    if (added.length + removed.length === 0) return
    const alive = columns.alive()
    const news = added.filter((slot) => hasBit(alive, slot))
    if (!isSorted(news, compare)) news.sort(compare)
    const isInPlace = !isShared && news.length + removed.length <= inPlaceCountMax
    if (isInPlace && inOrder.length + news.length <= room.length) settleInPlace(news)
    else {
      room = merge(withoutRemoved(alive), news, compare)
      inOrder = room.subarray(0, room.length - spareCount)
      isShared = false
    }
    added = []
    removed = []
    if (news.length > singlyCountMax || !hasRankFor(news)) ranks = undefined
  }

  function settleInPlace(news: readonly number[]): void {
    for (const slot of removed) {
      const place = placeOf(slot)
      // A slot that was added since is not in the order.
      if (inOrder[place] !== slot) continue
      room.copyWithin(place, place + 1, inOrder.length)
      inOrder = room.subarray(0, inOrder.length - 1)
    }
    for (const slot of news) {
      const place = placeOf(slot)
      room.copyWithin(place + 1, place, inOrder.length)
      room[place] = slot
      inOrder = room.subarray(0, inOrder.length + 1)
    }
  }

  function withoutRemoved(alive: Bits): Uint32Array {
    if (removed.length > singlyCountMax) return inOrder.filter((slot) => hasBit(alive, slot))
    const places = removed.map(placeOf).filter((place, index) => inOrder[place] === removed[index])
    return without(inOrder, places)
  }

  /** Returns the place of a slot, or the one that it would have. */
  function placeOf(slot: number): number {
    return firstIndex(inOrder, (other) => compare(other, slot) >= 0)
  }

  /** Ranks new slots between their neighbours. Returns `false` when there is no room. */
  function hasRankFor(news: readonly number[]): boolean {
    const own = ranks
    if (own === undefined || columns.size() > own.length) return false
    const left = new Set(news)
    for (const slot of news) {
      const place = placeOf(slot)
      let next = place + 1
      while (left.has(inOrder[next] as number)) next++
      const before = place === 0 ? undefined : own[inOrder[place - 1] as number]
      const after = next < inOrder.length ? own[inOrder[next] as number] : undefined
      const rank = between(before, after, next - place + 1)
      if (after !== undefined && after - rank < distanceMin) return false
      if (before !== undefined && rank - before < distanceMin) return false
      own[slot] = rank
      left.delete(slot)
    }
    return true
  }

  function allRanks(): Float64Array {
    const own = new Float64Array(columns.size() + spareCount)
    for (let rank = 0; rank < inOrder.length; rank++) own[inOrder[rank] as number] = rank
    return own
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
      if (added.length >= addedCountMax) settle()
    },
    remove(slot) {
      removed.push(slot)
      if (removed.length >= addedCountMax) settle()
    },
    async prepare(pause) {
      if (added.length + removed.length > 0) {
        settle()
        await pause()
      }
      if (ranks !== undefined) return
      ranks = allRanks()
      await pause()
    },
    ranks() {
      settle()
      ranks ??= allRanks()
      return ranks
    },
    rankAfter(position, isDescending) {
      const place = countBefore(position, isDescending)
      ranks ??= allRanks()
      const rankAt = (at: number) => ranks?.[inOrder[at] ?? -1]
      return between(rankAt(place - 1), rankAt(place), 2)
    },
    parts(title) {
      settle()
      const place = (isPast: (order: number) => boolean) =>
        firstIndex(inOrder, (slot) =>
          isPast(compareCodePoints(columns.titles[slot] as string, title)),
        )
      const [from, to] = [place((order) => order >= 0), place((order) => order > 0)]
      isShared = true
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

/** Returns a number between two, at a share of the distance. Numbers that are missing are far away. */
function between(before: number | undefined, after: number | undefined, parts: number): number {
  if (before === undefined) return after === undefined ? 0 : after - 1
  return after === undefined ? before + 1 : before + (after - before) / parts
}

type Compare = (a: number, b: number) => number

function isSorted(slots: readonly number[], compare: Compare): boolean {
  return slots.every((slot, at) => at === 0 || compare(slots[at - 1] as number, slot) < 0)
}

/** Returns the slots without those at some places. */
function without(slots: Uint32Array, places: readonly number[]): Uint32Array {
  if (places.length === 0) return slots
  const sorted = [...new Set(places)].sort((a, b) => a - b)
  const rest = new Uint32Array(slots.length - sorted.length)
  let from = 0
  for (const [index, place] of sorted.entries()) {
    rest.set(slots.subarray(from, place), from - index)
    from = place + 1
  }
  rest.set(slots.subarray(from), from - sorted.length)
  return rest
}

/** Merges slots in order, and leaves room behind them. */
function merge(left: Uint32Array, right: readonly number[], compare: Compare): Uint32Array {
  const merged = new Uint32Array(left.length + right.length + spareCount)
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
