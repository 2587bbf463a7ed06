import type { MessageInitShape } from '@bufbuild/protobuf'
import type { ListMoviesRequestSchema } from '@marquee/client/movie'
import type { ListView, Sort } from './list-view.ts'
import { periodOf } from './period.ts'

/** Number of movies of a page. */
const pageSize = 48

const properties: Readonly<Record<Sort, string>> = {
  relevance: 'relevance',
  top: 'rating.bayesian_score',
  count: 'rating.count',
  year: 'year',
  title: 'title',
  // A rating of few votes says little: by it, films that nobody knows would be first.
  imdb: 'imdb_votes',
}

/** True when nobody's ratings leave the list without movies, or without an order. */
export function needsRatings({ sort, meanMin }: ListView): boolean {
  return sort === 'top' || sort === 'count' || meanMin !== undefined
}

/** The list in the order of IMDb, for when there are no ratings. */
export function withoutRatings(view: ListView): ListView {
  return { ...view, sort: 'imdb', descending: true, period: undefined, meanMin: undefined }
}

/** Creates the request for a page of a list. */
export function listRequest(
  view: ListView,
  pageToken = '',
): MessageInitShape<typeof ListMoviesRequestSchema> {
  const { query, sort, descending, period } = view
  return {
    query,
    filter: filterOf(view),
    // By relevance, it is the order of every search.
    orderBy: sort === 'relevance' ? '' : `${properties[sort]}${descending ? ' desc' : ''}`,
    pageSize,
    pageToken,
    ...(period && { period: periodOf[period] }),
  }
}

/** The condition of a list in CEL. */
export function filterOf(view: Partial<ListView>): string {
  const { genres = [], decade, director, meanMin, unrated = false } = view
  const from = view.sort === 'title' ? view.from : undefined
  // A list by ratings has no others. A lowest mean leaves them out, too.
  const isRated =
    !unrated && meanMin === undefined && (view.sort === 'top' || view.sort === 'count')
  const anyGenre = genres.map((genre) => `${JSON.stringify(genre)} in genres`).join(' || ')
  const conditions = [
    genres.length > 1 ? `(${anyGenre})` : anyGenre,
    decade === undefined ? '' : `year >= ${decade} && year < ${decade + 10}`,
    director ? `director == ${JSON.stringify(director)}` : '',
    from === undefined ? '' : titlesFrom(from, view.descending === true),
    meanMin === undefined ? '' : `rating.mean >= ${meanMin}`,
    isRated ? 'rating.count > 0' : unrated ? 'rating.count == 0' : '',
  ]
  return conditions.filter(Boolean).join(' && ')
}

/** From Z to A, the titles of the letter are the first ones, too. */
function titlesFrom(letter: string, descending: boolean): string {
  if (!descending) return `title >= "${letter}"`
  return `title < "${String.fromCharCode(letter.charCodeAt(0) + 1)}"`
}
