import type { Movie } from '../catalogue/movie.ts'
import type { ListOrder } from '../route.ts'

/** The loaded part of a list. After the top list follows the rest of the catalogue, by title. */
export interface Feed {
  /** The search query; empty for all movies. */
  readonly query: string
  /** The order of the first page. */
  readonly start: ListOrder
  /** The order of the next page. */
  readonly order: ListOrder
  readonly pageToken: string
  readonly movies: readonly Movie[]
  /** Number of movies that came from the top list. */
  readonly topCount: number
  /** True when the last page is loaded. */
  readonly finished: boolean
  /** True when the top list failed to load, so that the catalogue replaces it. */
  readonly withoutTop: boolean
}

export interface FeedPage {
  readonly movies: readonly Movie[]
  readonly nextPageToken: string
}

/** A feed without movies yet. A search runs over the catalogue, because the top list cannot be searched. */
export function emptyFeed(order: ListOrder, query = ''): Feed {
  const start = query ? 'title' : order
  const nothing = { pageToken: '', movies: [], topCount: 0, finished: false, withoutTop: false }
  return { query, start, order: start, ...nothing }
}

/** Compares the lists of two feeds, without what is loaded of them. */
export function sameList(one: Feed, other: Feed): boolean {
  return one.query === other.query && one.start === other.start
}

/** Adds the next page, without movies that are already present. */
export function addPage(feed: Feed, { movies, nextPageToken }: FeedPage): Feed {
  const present = new Set(feed.movies.map(({ id }) => id))
  const added = movies.filter(({ id }) => !present.has(id) && present.add(id))
  const endsTop = feed.order === 'top' && nextPageToken === ''
  return {
    ...feed,
    movies: [...feed.movies, ...added],
    topCount: feed.topCount + (feed.order === 'top' ? added.length : 0),
    order: endsTop ? 'title' : feed.order,
    pageToken: nextPageToken,
    finished: feed.order === 'title' && nextPageToken === '',
  }
}

/** Continues without the rest of the top list, which failed to load. */
export function skipTop(feed: Feed): Feed {
  return { ...feed, order: 'title', pageToken: '', withoutTop: true }
}
