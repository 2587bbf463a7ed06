import type { ListMoviesResponse } from '@marquee/client/movie'
import { Period } from '@marquee/client/rating'

/** Time of the ratings of a top list. */
export type ListPeriod = 'week' | 'month'

/** Ratings of a movie in a period. */
export interface RecentRating {
  readonly count: number
  readonly mean: number
  readonly period: ListPeriod
}

export const listPeriods: readonly ListPeriod[] = ['week', 'month']

/** Names of the periods in a request. */
export const periodOf: Readonly<Record<ListPeriod, Period>> = {
  week: Period.WEEK,
  month: Period.MONTH,
}

/** Words of each period: the top of it, in both directions, and when it is. */
export const periodNames = {
  week: { names: ['Top this week', 'Lowest this week'], when: 'this week' },
  month: { names: ['Top this month', 'Lowest this month'], when: 'this month' },
} as const satisfies Record<ListPeriod, { names: readonly [string, string]; when: string }>

/** The ratings of a response in its period, by movie. Empty for all time. */
export function recentRatings(
  { movies, periodRatings }: Pick<ListMoviesResponse, 'movies' | 'periodRatings'>,
  period: ListPeriod | undefined,
): ReadonlyMap<string, RecentRating> {
  if (period === undefined) return new Map()
  return new Map(
    movies.flatMap(({ metadata }, index) => {
      const { count = 0n, mean = 0 } = periodRatings[index] ?? {}
      return metadata ? [[metadata.id, { count: Number(count), mean, period }] as const] : []
    }),
  )
}
