import type { Aggregate } from '../rating.ts'
import type { TopOptions, TopPage, TopPosition } from './port.ts'

/** What one page of the top list may cost, however many records it leaves out. */
export const topLimits = {
  /** Records that are looked at in order of score. Most pages are full after as many as they hold. */
  walkedCountMax: 10_000,
  /** Records that one slice after the first looks at. */
  sliceSize: 1_000,
}

export type TopLimits = Readonly<typeof topLimits>

/** Aggregates in order of score. What each call costs is bounded by its arguments. */
export interface TopIndex {
  /** Those with enough ratings, at most `limit`, among the `size` aggregates that follow the position. */
  slice(options: TopOptions, size: number): TopSlice | Promise<TopSlice>
}

export interface TopSlice {
  readonly aggregates: readonly Aggregate[]
  /**
   * The last position that was looked at; undefined when the list has ended. Of no account when the slice has as many
   * aggregates as were asked for.
   */
  readonly end: TopPosition | undefined
}

/** Reads in order of score until the page is full, or as many records have been looked at as one call may. */
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

export function positionOf(aggregate: Aggregate | undefined): TopPosition | undefined {
  return aggregate && { bayesianScore: aggregate.bayesianScore, recordId: aggregate.recordId }
}
