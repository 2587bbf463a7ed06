import type { Aggregate } from '../rating.ts'
import type { TopOptions, TopPage, TopPosition } from './port.ts'

/** Limits of one page of the top list, however many records it skips. */
export const topLimits = {
  /**
   * Maximum number of records that one page reads in order of score. Most pages are full after as
   * many as they hold.
   */
  walkedCountMax: 10_000,
  /** Number of records that each slice after the first one reads. */
  sliceSize: 1_000,
}

export type TopLimits = Readonly<typeof topLimits>

/** Index in order of score. The cost of each call is bounded by its arguments. */
export interface TopIndex {
  /**
   * Returns at most `limit` aggregates with enough ratings, among the `size` aggregates after the
   * position.
   */
  slice(options: TopOptions, size: number): TopSlice | Promise<TopSlice>
}

export interface TopSlice {
  readonly aggregates: readonly Aggregate[]
  /**
   * Last position that was read, or `undefined` at the end of the list. Unused when the slice has
   * `limit` aggregates.
   */
  readonly end: TopPosition | undefined
}

/** Reads in order of score until the page is full, or `walkedCountMax` records have been read. */
export async function topPage(
  index: TopIndex,
  options: TopOptions,
  { walkedCountMax, sliceSize }: TopLimits = topLimits,
): Promise<TopPage> {
  const aggregates: Aggregate[] = []
  let { after } = options
  let walked = 0
  let size = Math.min(options.limit, walkedCountMax)
  while (size > 0) {
    const limit = options.limit - aggregates.length
    const slice = await index.slice({ ...options, limit, ...(after && { after }) }, size)
    aggregates.push(...slice.aggregates)
    if (aggregates.length === options.limit)
      return { aggregates, next: positionOf(aggregates.at(-1)) }
    if (slice.end === undefined) return { aggregates, next: undefined }
    after = slice.end
    walked += size
    size = Math.min(sliceSize, walkedCountMax - walked)
  }
  return { aggregates, next: after }
}

export function positionOf(aggregate: TopPosition | undefined): TopPosition | undefined {
  return aggregate && { bayesianScore: aggregate.bayesianScore, recordId: aggregate.recordId }
}
