import { createRefreshed } from '@marquee/service/refreshed'
import { type Aggregate, aggregateOf } from '../rating.ts'
import { scoringFor } from '../scoring.ts'
import type { PeriodCounts } from '../store/period-counts.ts'
import type { RatingStore, TopOptions, TopPosition } from '../store/port.ts'
import { sliceOf } from '../store/score-order.ts'
import { topPage } from '../store/top.ts'
import { dayMs, endOfDay, type Period, periodTimes, startOf } from './period.ts'
import { type RankingLimits, type Rankings, rank } from './rankings.ts'

/** Last position of a page. */
export interface PeriodPosition extends TopPosition {
  /** End of the period of the list, in milliseconds since the Unix epoch. */
  readonly endMs: number
}

export interface PeriodOptions extends Omit<TopOptions, 'after'> {
  readonly period: Period
  /** Position after which the page starts. Default: the beginning of the list of today. */
  readonly after?: PeriodPosition | undefined
}

export interface PeriodPage {
  readonly kind: 'found'
  readonly startMs: number
  readonly endMs: number
  /** Every change up to this revision is counted. */
  readonly revision: number
  /** Aggregates of the ratings of the period. Their time of update is `endMs`. */
  readonly aggregates: readonly Aggregate[]
  readonly next: PeriodPosition | undefined
}

/** Outcome of a page of a list. */
export type PeriodOutcome =
  | PeriodPage
  /** The position is of a list that has ended. */
  | { readonly kind: 'ended' }
  /** More records have ratings in a month than the memory has room for. */
  | { readonly kind: 'too-large' }

/** Top lists of the ratings of a period. */
export interface PeriodLists {
  page(options: PeriodOptions): Promise<PeriodOutcome>
}

/** Times that the lists depend on, in milliseconds. */
export interface PeriodClock {
  /** Current time since the Unix epoch. */
  timeMs(): number
  /** Time that never goes back. */
  elapsedMs(): number
}

const systemClock: PeriodClock = { timeMs: () => Date.now(), elapsedMs: () => performance.now() }

export interface PeriodListsOptions {
  readonly store: PeriodCounts & Pick<RatingStore, 'revision'>
  /** Default: `systemClock`. */
  readonly clock?: PeriodClock | undefined
  readonly limits?: RankingLimits
}

/**
 * Ranks the ratings of each period when a list is requested and something has changed since the last
 * counting, in at most a twentieth of the time. Keeps the lists of today and of the day before.
 */
export function createPeriodLists(options: PeriodListsOptions): PeriodLists {
  const { store, clock = systemClock, limits } = options
  /** Rankings by the end of their last day. */
  const kept = new Map<number, () => Promise<Rankings>>()

  /** Returns `undefined` for a day that is neither today nor next to it by the clock of another instance. */
  function rankingsOf(endMs: number): (() => Promise<Rankings>) | undefined {
    const todayMs = endOfDay(clock.timeMs())
    const isNear = (ms: number) => Math.abs(ms - todayMs) <= dayMs
    for (const ms of kept.keys()) if (!isNear(ms)) kept.delete(ms)
    if (!isNear(endMs) || endMs % dayMs !== 0) return undefined
    const known = kept.get(endMs)
    if (known !== undefined) return known
    const added = createRefreshed({
      read: () => rank(store, periodTimes(endMs), limits),
      clock: clock.elapsedMs,
      isCurrent: async ({ revision }) => revision === (await store.revision()),
    })
    kept.set(endMs, added)
    return added
  }

  return {
    async page({ recordType, period, after, ...options }) {
      const endMs = after?.endMs ?? endOfDay(clock.timeMs())
      const read = rankingsOf(endMs)
      if (read === undefined) return { kind: 'ended' }
      const { revision, rules, orders } = await read()
      if (orders === undefined) return { kind: 'too-large' }
      const scoring = scoringFor(rules, recordType)
      const stamp = { revision, updateTimeMs: endMs }
      const order = orders.get(recordType)?.[period]
      const slice = (options: TopOptions, size: number) => {
        const { entries, end } = sliceOf(order, options, size)
        const aggregates = entries.map(({ recordId, histogram }) =>
          aggregateOf({ recordType, recordId }, histogram, scoring, stamp),
        )
        return { aggregates, end }
      }
      const page = await topPage({ slice }, { recordType, ...options, ...(after && { after }) })
      const next = page.next && { ...page.next, endMs }
      const startMs = startOf(period, endMs)
      return { kind: 'found', startMs, endMs, revision, aggregates: page.aggregates, next }
    },
  }
}
