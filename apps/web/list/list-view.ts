import { type ListPeriod, listPeriods, periodNames } from './period.ts'

/** The selection, order and layout of the list, as its URL has them. */
export interface ListView {
  /** The search query; empty for all movies. */
  readonly query: string
  readonly sort: Sort
  readonly descending: boolean
  /** Time of the ratings of the top list. Undefined for all time, and for every other order. */
  readonly period: ListPeriod | undefined
  /** Movies with any of these genres. Empty for all. */
  readonly genres: readonly string[]
  /** First year of the ten years of release. */
  readonly decade: number | undefined
  /** The name of the director. */
  readonly director: string | undefined
  /** First letter of the list by title. Undefined for all titles, and in other orders. */
  readonly from: string | undefined
  /** The lowest mean of the ratings. */
  readonly meanMin: number | undefined
  /** Leaves out movies that the person has rated. */
  readonly hidesRated: boolean
  /** Leaves out movies that anybody has rated. */
  readonly unrated: boolean
  readonly layout: 'posters' | 'table'
}

/** An order of the list. */
export type Order = Pick<ListView, 'sort' | 'descending' | 'period'>

export type Sort = (typeof sorts)[number]

const sorts = ['relevance', 'top', 'count', 'year', 'title', 'imdb'] as const

/** The words for each order of all time, in both directions. */
const sortNames: Readonly<Record<Sort, readonly [descending: string, ascending: string]>> = {
  relevance: ['Relevance', 'Relevance'],
  top: ['Top rated', 'Lowest rated'],
  count: ['Most rated', 'Least rated'],
  year: ['Newest', 'Oldest'],
  title: ['Title Z–A', 'Title A–Z'],
  imdb: ['IMDb votes', 'Fewest IMDb votes'],
}

/** Maximum length of a query, in characters; the services allow no more. */
export const queryLengthMax = 200
const genreCountMax = 8
const textLengthMax = 100

/** Everything, the best first. */
export const allMovies: ListView = {
  query: '',
  sort: 'top',
  descending: true,
  period: undefined,
  genres: [],
  decade: undefined,
  director: undefined,
  from: undefined,
  meanMin: undefined,
  hidesRated: false,
  unrated: false,
  layout: 'posters',
}

/** Reads the search part of a URL. Unknown and invalid parameters are ignored. */
export function parseListView(search: URLSearchParams): ListView {
  const query = (search.get('q') ?? '').slice(0, queryLengthMax)
  const sort = sorts.find((name) => name === search.get('sort')) ?? defaultSort(query)
  const order = sort === 'relevance' && query === '' ? 'top' : sort
  const unrated = search.get('rated') === 'none'
  const genres = search.getAll('genre').map((genre) => genre.slice(0, textLengthMax))
  return {
    query,
    sort: order,
    descending: search.has('dir') ? search.get('dir') !== 'asc' : isDescending(sort),
    period:
      order === 'top' && !unrated
        ? listPeriods.find((name) => name === search.get('period'))
        : undefined,
    genres: [...new Set(genres)].filter(Boolean).slice(0, genreCountMax),
    decade: numberOf(search.get('decade'), /^\d{3}0$/),
    director: search.get('director')?.slice(0, textLengthMax) || undefined,
    from: sort === 'title' ? /^[A-Z]$/.exec(search.get('from') ?? '')?.[0] : undefined,
    meanMin: numberOf(search.get('min'), /^\d(\.5)?$/),
    hidesRated: search.get('rated') === 'hide',
    unrated,
    layout: search.get('view') === 'table' ? 'table' : 'posters',
  }
}

/** The path of a list, without what is the default. */
export function listPath(view: Partial<ListView>): string {
  const full = { ...allMovies, sort: defaultSort(view.query ?? ''), ...view }
  const search = new URLSearchParams()
  if (full.query) search.set('q', full.query)
  for (const genre of full.genres) search.append('genre', genre)
  if (full.decade !== undefined) search.set('decade', String(full.decade))
  if (full.director) search.set('director', full.director)
  if (full.meanMin !== undefined) search.set('min', String(full.meanMin))
  if (full.sort !== defaultSort(full.query)) search.set('sort', full.sort)
  if (full.sort === 'top' && full.period && !full.unrated) search.set('period', full.period)
  const descending = view.descending ?? isDescending(full.sort)
  if (descending !== isDescending(full.sort)) search.set('dir', descending ? 'desc' : 'asc')
  if (full.from && full.sort === 'title') search.set('from', full.from)
  if (full.unrated) search.set('rated', 'none')
  else if (full.hidesRated) search.set('rated', 'hide')
  if (full.layout === 'table') search.set('view', 'table')
  return search.size > 0 ? `/?${search}` : '/'
}

/** True when the view leaves out movies, other than by its query. */
export function hasFilters(view: ListView): boolean {
  const { genres, decade, director, from, meanMin, hidesRated, unrated } = view
  const given = [decade, director, from, meanMin].some((value) => value !== undefined)
  return given || genres.length > 0 || hidesRated || unrated
}

/** The same query, order and layout without filters. */
export function withoutFilters({ query, sort, descending, period, layout }: ListView): ListView {
  return { ...allMovies, query, sort, descending, period, layout }
}

export function sortName({ descending, ...order }: Order): string {
  return namesOf(order)[descending ? 0 : 1]
}

/** The words for an order in both directions. */
export function namesOf({ sort, period }: Omit<Order, 'descending'>): readonly [string, string] {
  return sort === 'top' && period ? periodNames[period].names : sortNames[sort]
}

/** The direction in which an order usually is. */
export function isDescending(sort: Sort): boolean {
  return sort !== 'title'
}

function defaultSort(query: string): Sort {
  return query === '' ? 'top' : 'relevance'
}

function numberOf(text: string | null, pattern: RegExp): number | undefined {
  return text !== null && pattern.test(text) ? Number(text) : undefined
}
