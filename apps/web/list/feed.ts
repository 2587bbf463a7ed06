import type { Result } from '@marquee/client/result'
import type { Movie } from '../catalogue/movie.ts'
import { isUnavailable } from '../rpc-error.ts'
import { needsRatings, withoutRatings } from './list-request.ts'
import { type ListView, listPath } from './list-view.ts'
import type { RecentRating } from './period.ts'

/** The loaded part of a list. */
export interface Feed {
  readonly view: ListView
  /**
   * Why the list is by IMDb instead of its own order: nobody has rated a movie of it, or the ratings
   * are unavailable.
   */
  readonly fallback: 'no-ratings' | 'unavailable' | undefined
  readonly pageToken: string
  readonly movies: readonly Movie[]
  /** Ratings of the movies in the period of the list. Empty for all time. */
  readonly recent: ReadonlyMap<string, RecentRating>
  /** Number of movies of the whole list. Undefined before the first page. */
  readonly totalSize: number | undefined
  /** True when the last page is loaded. */
  readonly finished: boolean
}

export interface FeedPage {
  readonly movies: readonly Movie[]
  readonly recent: ReadonlyMap<string, RecentRating>
  readonly nextPageToken: string
  readonly totalSize: number
}

const allTime: Feed['recent'] = new Map()

/** A feed without movies yet. */
export function emptyFeed(view: ListView): Feed {
  const nothing = {
    pageToken: '',
    movies: [],
    recent: allTime,
    totalSize: undefined,
    finished: false,
  }
  return { view, fallback: undefined, ...nothing }
}

/** Compares the lists of two views, whatever their layout is. */
export function sameList(one: ListView, other: ListView): boolean {
  const pathOf = (view: ListView) => listPath({ ...view, layout: 'posters' })
  return pathOf(one) === pathOf(other)
}

/** The view whose pages are loaded. */
export function shownView({ view, fallback }: Feed): ListView {
  return fallback === undefined ? view : withoutRatings(view)
}

/** Adds the next page, without movies that are already present. */
export function addPage(feed: Feed, page: FeedPage): Feed {
  const { movies, recent, nextPageToken, totalSize } = page
  const present = new Set(feed.movies.map(({ id }) => id))
  const added = movies.filter(({ id }) => !present.has(id) && present.add(id))
  return {
    ...feed,
    movies: [...feed.movies, ...added],
    // The same map for a list of all time, so that its cards stay.
    recent: recent.size > 0 ? new Map([...feed.recent, ...recent]) : feed.recent,
    pageToken: nextPageToken,
    totalSize,
    finished: nextPageToken === '',
  }
}

/** Returns why a list is by IMDb instead, by the result of its first page. */
export function fallbackOf(
  view: ListView,
  result: Result<Pick<FeedPage, 'totalSize'>>,
): Feed['fallback'] {
  if (!needsRatings(view)) return undefined
  if (!result.ok) return isUnavailable(result.error) ? 'unavailable' : undefined
  // A week without ratings says so: it is no reason for another list.
  const hasReason = view.meanMin === undefined && view.period === undefined
  return result.value.totalSize === 0 && hasReason ? 'no-ratings' : undefined
}

/** Starts the list again in the order of IMDb. */
export function fallBack(feed: Feed, fallback: NonNullable<Feed['fallback']>): Feed {
  return { ...emptyFeed(feed.view), fallback }
}
