import { createChunkedList, type ListPlace } from '@marquee/sql/chunked-list'
import { type Chunked, valueAt } from './chunks.ts'
import type { Columns } from './columns.ts'
import { createHeldColumn } from './held-column.ts'

/** Title and id of a movie, by which the catalogue is ordered in the end. */
export interface TitlePosition {
  readonly title: string
  readonly id: string
}

/** The order of titles at one time. */
export interface HeldTitles extends Disposable {
  /** Numbers by slot that are in order. They do not change until it is disposed. */
  readonly ranks: Chunked<Float64Array>
  /**
   * Returns a number between the ranks of the movies before this position and of those after it. A
   * movie at the position is among the ones that were listed already. Call it before anything changes.
   */
  rankAfter(position: TitlePosition, isDescending: boolean): number
  /**
   * Returns two numbers: ranks of titles before this one are below them, those of movies with this
   * title between them. Call it before anything changes.
   */
  ranksOf(title: string): { readonly from: number; readonly to: number }
}

/** The movies by title, then id, both compared by code point. */
export interface TitleOrder {
  add(slot: number, position: TitlePosition): void
  /** Removes a slot that was added with this position. */
  remove(slot: number, position: TitlePosition): void
  hold(): HeldTitles
  /** Returns the first slots after a position, or from the beginning without one. */
  slotsAfter(position: TitlePosition | undefined, isDescending: boolean, countMax: number): number[]
}

/** Distance of a new last rank from the one before. */
const distance = 2 ** 16
/** Least distance of two ranks, so that there are numbers between them. */
const distanceMin = 2 ** -8
/** Least distance, for each chunk of the order that gets new ranks together. */
const spreadMin = 2 ** -2

export function createTitleOrder({ titles, ids }: Pick<Columns, 'titles' | 'ids'>): TitleOrder {
  const order = createChunkedList<number>()
  const ranks = createHeldColumn()

  function compare(slot: number, { title, id }: TitlePosition): number {
    return titles.compare(slot, title) || ids.compare(slot, id)
  }

  function rankOf(slot: number | undefined): number | undefined {
    return slot === undefined ? undefined : valueAt(ranks.values(), slot)
  }

  /** Returns a number between the ranks beside a place. */
  function rankBefore(place: ListPlace): number {
    return between(rankOf(order.itemBefore(place)), rankOf(order.itemAt(place)))
  }

  function hasRoom(place: ListPlace): boolean {
    const rank = rankBefore(place)
    const before = rankOf(order.itemBefore(place)) ?? Number.NEGATIVE_INFINITY
    const after = rankOf(order.itemAt(place)) ?? Number.POSITIVE_INFINITY
    return rank - before >= distanceMin && after - rank >= distanceMin
  }

  /** Gives new ranks to the slots of a chunk and, when there is no room, of those around it. */
  function spread(chunk: number): void {
    for (let [from, to] = [chunk, chunk + 1]; ; [from, to] = [2 * from - to, 2 * to - from]) {
      const wide = { from: Math.max(0, from), to: Math.min(order.chunks.length, to) }
      const slots = order.chunks.slice(wide.from, wide.to).flat()
      const before = rankOf(order.chunks[wide.from - 1]?.at(-1))
      const after = rankOf(order.chunks[wide.to]?.[0])
      const { first, step } = steps(before, after, slots.length)
      if (step < spreadMin * (wide.to - wide.from)) continue
      for (const [index, slot] of slots.entries()) ranks.set(slot, first + index * step)
      return
    }
  }

  return {
    add(slot, position) {
      const place = order.placeOf((other) => compare(other, position) > 0)
      const isRanked = hasRoom(place)
      ranks.set(slot, rankBefore(place))
      order.insert(place, slot)
      if (!isRanked) spread(order.placeOf((other) => compare(other, position) >= 0).chunk)
    },
    remove(slot, position) {
      const place = order.placeOf((other) => compare(other, position) >= 0)
      if (order.itemAt(place) === slot) order.remove(place)
    },
    hold() {
      const held = ranks.hold()
      return {
        ranks: held.values,
        rankAfter: (position, isDescending) =>
          rankBefore(
            order.placeOf((slot) => {
              const compared = compare(slot, position)
              return isDescending ? compared >= 0 : compared > 0
            }),
          ),
        ranksOf: (title) => ({
          from: rankBefore(order.placeOf((slot) => titles.compare(slot, title) >= 0)),
          to: rankBefore(order.placeOf((slot) => titles.compare(slot, title) > 0)),
        }),
        [Symbol.dispose]: () => held[Symbol.dispose](),
      }
    },
    slotsAfter(position, isDescending, countMax) {
      const isPast = (slot: number) => {
        if (position === undefined) return !isDescending
        const compared = compare(slot, position)
        return isDescending ? compared >= 0 : compared > 0
      }
      const place = order.placeOf(isPast)
      return isDescending ? order.before(place, countMax) : order.from(place, countMax)
    },
  }
}

/** Returns a number between two ranks. Ranks that are missing are far away. */
function between(before: number | undefined, after: number | undefined): number {
  if (before === undefined) return after === undefined ? 0 : after - distance
  return after === undefined ? before + distance : before + (after - before) / 2
}

/** Returns ranks between two others, with the same distance. */
function steps(before: number | undefined, after: number | undefined, count: number) {
  const step =
    before === undefined || after === undefined ? distance : (after - before) / (count + 1)
  if (before !== undefined) return { first: before + step, step }
  return { first: after === undefined ? 0 : after - count * step, step }
}
