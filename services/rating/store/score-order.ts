import { compareCodePoints } from '@marquee/sql/code-points'
import { firstIndex } from '@marquee/sql/first-index'
import type { Aggregate } from '../rating.ts'
import type { TopOptions, TopPosition } from './port.ts'
import { positionOf } from './top.ts'

/**
 * Maximum number of aggregates in a chunk. A change moves at most as many, and searches for its
 * chunk among the others.
 */
const chunkSizeMax = 512

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
  /** Chunks in order, none of them empty. */
  const chunks: Entry[][] = []

  /** Returns the index of the first chunk that does not end before the position. */
  function chunkFor(position: TopPosition): number {
    return firstIndex(chunks, (chunk) => compare(chunk.at(-1) as Entry, position) >= 0)
  }

  return {
    add(aggregate) {
      const index = Math.min(chunkFor(aggregate), Math.max(0, chunks.length - 1))
      const chunk = chunks[index]
      if (chunk === undefined) {
        chunks.push([aggregate])
        return
      }
      const place = firstIndex(chunk, (one) => compare(one, aggregate) > 0)
      chunk.splice(place, 0, aggregate)
      if (chunk.length > chunkSizeMax) chunks.splice(index + 1, 0, chunk.splice(chunkSizeMax / 2))
    },
    remove(position) {
      const index = chunkFor(position)
      const chunk = chunks[index] ?? []
      const place = firstIndex(chunk, (one) => compare(one, position) >= 0)
      const found = chunk[place]
      if (found === undefined || compare(found, position) !== 0) return
      chunk.splice(place, 1)
      if (chunk.length === 0) chunks.splice(index, 1)
    },
    isEmpty: () => chunks.length === 0,
    after(position, size) {
      const index = position === undefined ? 0 : chunkFor(position)
      const first = chunks[index] ?? []
      const place = position ? firstIndex(first, (one) => compare(one, position) > 0) : 0
      const found = first.slice(place, place + size)
      for (const chunk of chunks.slice(index + 1, index + 1 + size)) {
        if (found.length >= size) break
        found.push(...chunk.slice(0, size - found.length))
      }
      return found
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
