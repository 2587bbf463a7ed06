import type { Span } from '@marquee/connect-hono/span'

/** Result of a call to another service. */
export type Lookup<T> =
  | { readonly kind: 'found'; readonly value: T }
  | Absent
  | { readonly kind: 'unavailable'; readonly reason: string }

export interface Absent {
  readonly kind: 'absent'
  /** Scale of an absent rating, when the source knows it. */
  readonly scale?: RatingScale | undefined
}

/** Rating of a movie, with the revision of its last change. */
export type RatingLookup<R> = Lookup<R> & {
  /** `undefined` when the revision is unknown: of an unavailable rating, and perhaps of an absent one. */
  readonly revision?: bigint | undefined
}

/** Values that a rating may have: `min`, `min + step`, and so on, up to `max`. */
export interface RatingScale {
  readonly min: number
  readonly max: number
  readonly step: number
}

/** Caller on whose behalf movie calls another service. */
export interface Caller {
  readonly signal: AbortSignal
  /** Deadline of the caller, by `performance.now()`. `undefined` when it has none. */
  readonly deadlineMs: number | undefined
  readonly requestId: string
  /** Span that the calls belong to. `undefined` when tracing is off. */
  readonly span?: Span | undefined
  /** Token of the caller, for the services that are called. */
  readonly token?: string | undefined
}

export interface PageOptions {
  readonly pageSize: number
  /** Empty for the first page. */
  readonly pageToken: string
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Empty on the last page. */
  readonly nextPageToken: string
}

/** A list of the catalogue, as `metadata.v1.ListMetadataRequest` describes it. */
export interface CatalogueOptions extends PageOptions {
  readonly query: string
  readonly filter: string
  readonly orderBy: string
  readonly includeFacets: boolean
  readonly ratingCountMin: bigint
  /** Period of the ratings of the list. Default: all time. */
  readonly period?: 'week' | 'month' | undefined
}

/** Numbers of movies, as `metadata.v1.Facets` describes them. */
export interface Facets {
  readonly genres: readonly { readonly genre: string; readonly count: number }[]
  readonly decades: readonly { readonly firstYear: number; readonly count: number }[]
  readonly letters: readonly { readonly letter: string; readonly count: number }[]
}

export interface CataloguePage<T> extends Page<T> {
  /** Number of movies of all pages. */
  readonly totalSize: number
  readonly facets: Facets | undefined
  /** Ratings by which the movies were selected or ordered, if any. */
  readonly ratings: ListedRatings | undefined
  /** Ratings of each movie in the period of the list. */
  readonly periodRatings?: readonly PeriodRating[]
}

interface Time {
  readonly seconds: bigint
  readonly nanos: number
}

/** Ratings of a list, as `metadata.v1.ListedRatings` describes them. */
export interface ListedRatings {
  readonly revision: bigint
  readonly unavailableSince?: Time
  readonly window?: {
    readonly startTime?: Time
    readonly endTime?: Time
    readonly revision: bigint
  }
  readonly ratingCount?: bigint
}

/** Ratings of a movie in a period, as `metadata.v1.PeriodRating` describes them. */
export interface PeriodRating {
  readonly count: bigint
  readonly mean: number
  readonly bayesianScore: number
}

/** Value of one movie. */
export interface MovieValue<T> {
  readonly movieId: string
  readonly value: T
}

/** Metadata of movies. `M` is the type of the source. Lists reject when the source fails. */
export interface MetadataSource<M> {
  get(id: string, caller: Caller): Promise<Lookup<M>>
  /** Returns the movies by id. An unknown movie has no entry. */
  getMany(ids: readonly string[], caller: Caller): Promise<ReadonlyMap<string, M>>
  /** Rejects with a `RatingsUnknownError` when the list needs ratings that metadata has not read. */
  list(options: CatalogueOptions, caller: Caller): Promise<CataloguePage<MovieValue<M>>>
  /**
   * Returns `false` when there was no such movie. Rejects when the source fails, or when the movie
   * has another ETag. @param etag Empty for any.
   */
  delete(id: string, etag: string, caller: Caller): Promise<boolean>
}

export interface DeletedRatings {
  readonly deletedCount: bigint
  /** `true` when the movie has more ratings. */
  readonly areLeft: boolean
}

/** Ratings by movie id. A movie that nobody has rated has no entry. */
export interface RatingBatch<R> {
  readonly ratings: ReadonlyMap<string, R>
  readonly scale?: RatingScale | undefined
}

/** Ratings of movies. `R` is the type of the source. */
export interface RatingSource<R> {
  /** Reads the current rating. */
  get(movieId: string, caller: Caller): Promise<RatingLookup<R>>
  /**
   * Returns the ratings of the movies. Returns `unavailable` instead of rejecting.
   */
  getMany(movieIds: readonly string[], caller: Caller): Promise<Lookup<RatingBatch<R>>>
  /** Deletes a bounded number of ratings of the movie. Rejects when the source fails. */
  deleteSome(movieId: string, caller: Caller): Promise<DeletedRatings>
  /**
   * Yields the rating now and after each change, `absent` while nobody has rated, with its
   * revision. Throws when the source fails.
   */
  watch(movieId: string, caller: Caller): AsyncIterable<RatingLookup<R>>
}

/** Movie with its rating. `unavailable` differs from `not-rated`. */
export type Details<M, R> = { readonly metadata: M } & (
  | { readonly ratingStatus: 'rated'; readonly rating: R }
  | ({ readonly ratingStatus: 'not-rated'; readonly rating: undefined } & Pick<Absent, 'scale'>)
  | { readonly ratingStatus: 'unavailable'; readonly rating: undefined; readonly reason: string }
)

export interface Sources<M, R> {
  readonly metadata: MetadataSource<M>
  readonly ratings: RatingSource<R>
}

/** Thrown by `MetadataSource.list` when metadata knows no ratings, and the list needs them. */
export class RatingsUnknownError extends Error {
  override name = 'RatingsUnknownError'
}

/** Combines metadata and ratings. */
export function createMovies<M, R>({ metadata, ratings }: Sources<M, R>) {
  return {
    /**
     * Reads both concurrently. A movie without its rating is a useful response, a rating without
     * its movie is not.
     */
    async details(movieId: string, caller: Caller): Promise<Lookup<Details<M, R>>> {
      const [movie, rating] = await Promise.all([
        metadata.get(movieId, caller),
        ratings.get(movieId, caller),
      ])
      return movie.kind === 'found' ? { kind: 'found', value: join(movie.value, rating) } : movie
    },

    /** Returns a page of the catalogue, with ratings. */
    async catalogue(
      options: CatalogueOptions,
      caller: Caller,
    ): Promise<CataloguePage<Details<M, R>>> {
      const page = await metadata.list(options, caller)
      return { ...page, items: await joinAll(page.items, ratings, caller) }
    },
  }
}

/** Joins movies with their ratings, in one call. */
export async function joinAll<M, R>(
  movies: readonly MovieValue<M>[],
  ratings: Pick<RatingSource<R>, 'getMany'>,
  caller: Caller,
): Promise<Details<M, R>[]> {
  const ids = movies.map(({ movieId }) => movieId)
  const rated = ids.length === 0 ? absent : await ratings.getMany(ids, caller)
  return movies.map(({ movieId, value }) => join(value, ratingOf(rated, movieId)))
}

const absent = { kind: 'absent' } as const

/** Joins a movie with the lookup of its rating. */
export function join<M, R>(metadata: M, rating: Lookup<R>): Details<M, R> {
  switch (rating.kind) {
    case 'found':
      return { metadata, rating: rating.value, ratingStatus: 'rated' }
    case 'absent':
      return { metadata, rating: undefined, ratingStatus: 'not-rated', scale: rating.scale }
    case 'unavailable':
      return { metadata, rating: undefined, ratingStatus: 'unavailable', reason: rating.reason }
  }
}

function ratingOf<R>(lookup: Lookup<RatingBatch<R>>, id: string): Lookup<R> {
  if (lookup.kind !== 'found') return lookup
  const { ratings, scale } = lookup.value
  const value = ratings.get(id)
  return value === undefined ? { kind: 'absent', scale } : { kind: 'found', value }
}
