import {
  type Caller,
  type Details,
  joinAll,
  type ListedRatings,
  type Lookup,
  type MetadataSource,
  type MovieValue,
  type RatingSource,
  RatingsUnknownError,
} from './movie.ts'

/** Properties that similar movies share. */
export interface Likened {
  readonly id: string
  /** Empty when unknown. */
  readonly director: string
  readonly genres: readonly string[]
  readonly year?: number | undefined
}

/** Maximum distance of years of movies of a genre. */
const yearsMax = 5
/** Maximum number of genres that are compared: the first ones, of which a filter has room for. */
const genresMax = 10
/** Maximum length of a filter, as its proto has it. */
const filterLengthMax = 1_000

/** The best first. Votes decide among those that nobody has rated. */
const byScore = 'rating.bayesian_score desc, imdb_votes desc'
const byVotes = 'imdb_votes desc'

export interface SimilarSources<M, R> {
  readonly metadata: Pick<MetadataSource<M>, 'get' | 'list'>
  readonly ratings: Pick<RatingSource<R>, 'getMany'>
}

export interface SimilarMovies<T> {
  readonly items: readonly T[]
  /** Ratings by which they were ordered. `undefined` while there are none. */
  readonly ratings: ListedRatings | undefined
}

/**
 * Returns a function that lists the movies of the same director, then those of a shared genre and
 * about the same year. Both are ordered by score, or by votes while metadata knows no ratings.
 */
export function createSimilarMovies<M extends Likened, R>(sources: SimilarSources<M, R>) {
  const { metadata, ratings } = sources

  async function listBy(orderBy: string, movie: Likened, countMax: number, caller: Caller) {
    const items: MovieValue<M>[] = []
    let listed: ListedRatings | undefined
    for (const filter of filtersOf(movie)) {
      const left = countMax - items.length
      if (left === 0) break
      const page = await metadata.list({ ...wholeList, filter, orderBy, pageSize: left }, caller)
      items.push(...page.items)
      listed ??= page.ratings
    }
    return { items, ratings: listed }
  }

  return async (
    movieId: string,
    countMax: number,
    caller: Caller,
  ): Promise<Lookup<SimilarMovies<Details<M, R>>>> => {
    const movie = await metadata.get(movieId, caller)
    if (movie.kind !== 'found') return movie
    const found = await listBy(byScore, movie.value, countMax, caller).catch((error) => {
      if (!(error instanceof RatingsUnknownError)) throw error
      return listBy(byVotes, movie.value, countMax, caller)
    })
    const items = await joinAll(found.items, ratings, caller)
    return { kind: 'found', value: { ...found, items } }
  }
}

const wholeList = { query: '', pageToken: '', includeFacets: false, ratingCountMin: 0n }

/** Returns the filters of the lists, which have no movie in common. None is longer than allowed. */
function filtersOf({ id, director, genres, year }: Likened): string[] {
  const other = `id != ${quoted(id)}`
  const byOthers = director === '' ? [] : [`director != ${quoted(director)}`]
  const ofDirector = director === '' ? [] : [`${other} && director == ${quoted(director)}`]
  if (genres.length === 0 || year === undefined) return ofDirector.filter(isAllowed)
  const named = genres.slice(0, genresMax).map((genre) => `${quoted(genre)} in genres`)
  const years = [`year >= ${year - yearsMax}`, `year <= ${year + yearsMax}`]
  const ofGenres = named.map((_, omitted) => {
    const some = named.slice(0, named.length - omitted).join(' || ')
    return [other, ...byOthers, ...years, `(${some})`].join(' && ')
  })
  return [...ofDirector.filter(isAllowed), ...ofGenres.filter(isAllowed).slice(0, 1)]
}

function isAllowed(filter: string): boolean {
  return filter.length <= filterLengthMax
}

/** Returns a string literal of CEL. Those of JSON are a subset, but for lone surrogates. */
function quoted(text: string): string {
  return JSON.stringify(text)
}
