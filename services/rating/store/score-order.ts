import { createChunkedList } from '@marquee/sql/chunked-list'
import { compareCodePoints } from '@marquee/sql/code-points'
import type { Aggregate } from '../rating.ts'
import type { TopOptions, TopPosition } from './port.ts'
import { positionOf } from './top.ts'

/** Aggregates in order of score, the highest first, then of record id. */
export interface ScoreOrder<Entry extends TopPosition = Aggregate> {
  /** Adds an aggregate. There must be none at its position. */
  add(aggregate: Entry): void
  remove(position: TopPosition): void
  isEmpty(): boolean
  /** Returns at most `size` aggregates after the position, or the first ones. */
  after(position: TopPosition | undefined, size: number): readonly Entry[]
}

export function createScoreOrder<Entry extends TopPosition = Aggregate>(): ScoreOrder<Entry> {
  const order = createChunkedList<Entry>()
  const placeOf = (position: TopPosition) => order.placeOf((one) => compare(one, position) >= 0)

  return {
    add(aggregate) {
      order.insert(placeOf(aggregate), aggregate)
    },
    remove(position) {
      const place = placeOf(position)
      const found = order.itemAt(place)
      if (found !== undefined && compare(found, position) === 0) order.remove(place)
    },
    isEmpty: () => order.chunks.length === 0,
    after(position, size) {
      const isAfter = (one: Entry) => position === undefined || compare(one, position) > 0
      return order.from(order.placeOf(isAfter), size)
    },
  }
}

/** Entry with its number of ratings. */
export interface CountedEntry extends TopPosition {
  readonly count: number
}

export interface OrderSlice<Entry> {
  readonly entries: readonly Entry[]
  /** See `TopSlice`. */
  readonly end: TopPosition | undefined
}

/** Returns a slice of a top list, without entries that have too few ratings. */
export function sliceOf<Entry extends CountedEntry>(
  order: ScoreOrder<Entry> | undefined,
  { countMin, limit, after }: Omit<TopOptions, 'recordType'>,
  size: number,
): OrderSlice<Entry> {
  const walked = order?.after(after, size) ?? []
  const entries = walked.filter(({ count }) => count >= countMin).slice(0, limit)
  return { entries, end: walked.length === size ? positionOf(walked.at(-1)) : undefined }
}

function compare(a: TopPosition, b: TopPosition): number {
  return b.bayesianScore - a.bayesianScore || compareCodePoints(a.recordId, b.recordId)
}
