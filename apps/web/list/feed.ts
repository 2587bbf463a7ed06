import type { Movie } from '../catalogue/movie.ts'
import type { ListOrder } from '../route.ts'

/** How far a list has been read. The top list goes on with the rest of the catalogue, by title. */
export interface Feed {
  /** Words that are searched for; empty for all movies. */
  readonly query: string
  /** Where it began. */
  readonly start: ListOrder
  /** Which of the two is read next. */
  readonly order: ListOrder
  readonly pageToken: string
  readonly movies: readonly Movie[]
  /** How many of the movies are of the top list. */
  readonly topCount: number
  /** There is nothing more to read. */
  readonly finished: boolean
  /** The top list could not be read, so the catalogue stands in for it. */
  readonly withoutTop: boolean
}

export interface FeedPage {
  readonly movies: readonly Movie[]
  readonly nextPageToken: string
}

/** Nothing read yet. The top list cannot be searched, so a search is of the catalogue. */
export function emptyFeed(asked: ListOrder, query = ''): Feed {
  const start = query ? 'title' : asked
  const nothing = { pageToken: '', movies: [], topCount: 0, finished: false, withoutTop: false }
  return { query, start, order: start, ...nothing }
}

/** Whether both are of the same list, however far they have been read. */
export function sameList(one: Feed, other: Feed): boolean {
  return one.query === other.query && one.start === other.start
}

/** Adds the page that was asked for. A movie that is there already is left out. */
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

/** Goes on without the top list, which cannot be read; what has been read of it stays. */
export function skipTop(feed: Feed): Feed {
  return { ...feed, order: 'title', pageToken: '', withoutTop: true }
}
