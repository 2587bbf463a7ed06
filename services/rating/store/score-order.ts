import { compareCodePoints } from '@marquee/sql/code-points'
import { firstIndex } from '@marquee/sql/first-index'
import type { Aggregate } from '../rating.ts'
import type { TopPosition } from './port.ts'

/**
 * Maximum number of aggregates in a chunk. A change moves at most as many, and searches for its
 * chunk among the others.
 */
const chunkSizeMax = 512

/** Aggregates in order of score, the highest first, then of record id. */
export interface ScoreOrder {
  /** Adds an aggregate. There must be none at its position. */
  add(aggregate: Aggregate): void
  remove(position: TopPosition): void
  isEmpty(): boolean
  /** Returns at most `size` aggregates after the position, or the first ones. */
  after(position: TopPosition | undefined, size: number): readonly Aggregate[]
}

export function createScoreOrder(): ScoreOrder {
  /** Chunks in order, none of them empty. */
  const chunks: Aggregate[][] = []

  /** Returns the index of the first chunk that does not end before the position. */
  function chunkFor(position: TopPosition): number {
    return firstIndex(chunks, (chunk) => compare(chunk.at(-1) as Aggregate, position) >= 0)
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

function compare(a: TopPosition, b: TopPosition): number {
  return b.bayesianScore - a.bayesianScore || compareCodePoints(a.recordId, b.recordId)
}
