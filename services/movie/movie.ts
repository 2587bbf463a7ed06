/** What asking another service came to. */
export type Answer<T> =
  | { readonly kind: 'found'; readonly value: T }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unavailable'; readonly reason: string }

/** Bounds of one question. */
export interface Ask {
  readonly signal: AbortSignal
  /** When the caller's own time is over, by `performance.now()`; undefined when it gave none. */
  readonly deadlineMs: number | undefined
  readonly requestId: string
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

/** Something told of one movie. */
export interface OfMovie<T> {
  readonly movieId: string
  readonly value: T
}

/** What movies are. `M` is whatever the source tells of one. Lists reject when the source fails. */
export interface MetadataSource<M> {
  get(id: string, ask: Ask): Promise<Answer<M>>
  /** By id; an unknown movie has no entry. */
  getMany(ids: readonly string[], ask: Ask): Promise<ReadonlyMap<string, M>>
  list(options: PageOptions & { query: string }, ask: Ask): Promise<Page<OfMovie<M>>>
}

/** What people think of movies. `R` is whatever the source tells of one. */
export interface RatingSource<R> {
  get(movieId: string, ask: Ask): Promise<Answer<R>>
  /** By movie id; a movie nobody rated has no entry. Unavailable instead of rejecting. */
  getMany(movieIds: readonly string[], ask: Ask): Promise<Answer<ReadonlyMap<string, R>>>
  top(options: PageOptions & { countMin: bigint }, ask: Ask): Promise<Page<OfMovie<R>>>
  /** The rating now and whenever it changes; undefined while nobody has rated. Fails when the source does. */
  watch(movieId: string, ask: Ask): AsyncIterable<R | undefined>
}

/** A movie with what people think of it; `unavailable` differs from `not-rated`. */
export type Details<M, R> = { readonly metadata: M } & (
  | { readonly ratingStatus: 'rated'; readonly rating: R }
  | { readonly ratingStatus: 'not-rated'; readonly rating: undefined }
  | { readonly ratingStatus: 'unavailable'; readonly rating: undefined; readonly reason: string }
)

export interface Sources<M, R> {
  readonly metadata: MetadataSource<M>
  readonly ratings: RatingSource<R>
}

/** Puts metadata and ratings together. */
export function createMovies<M, R>({ metadata, ratings }: Sources<M, R>) {
  return {
    /** Asks for both at once. A movie without its rating is worth answering; a rating without its movie is not. */
    async details(movieId: string, ask: Ask): Promise<Answer<Details<M, R>>> {
      const [movie, rating] = await Promise.all([
        metadata.get(movieId, ask),
        ratings.get(movieId, ask),
      ])
      return movie.kind === 'found' ? { kind: 'found', value: join(movie.value, rating) } : movie
    },

    /** A page of the catalogue, with ratings. */
    async catalogue(
      options: PageOptions & { query: string },
      ask: Ask,
    ): Promise<Page<Details<M, R>>> {
      const page = await metadata.list(options, ask)
      const ids = page.items.map(({ movieId }) => movieId)
      const rated = ids.length === 0 ? absent : await ratings.getMany(ids, ask)
      const items = page.items.map(({ movieId, value }) => join(value, answerFor(rated, movieId)))
      return { ...page, items }
    },

    /** A page of the top list. A record that metadata knows nothing of is left out. */
    async top(options: PageOptions & { countMin: bigint }, ask: Ask): Promise<Page<Details<M, R>>> {
      const page = await ratings.top(options, ask)
      const ids = page.items.map(({ movieId }) => movieId)
      const movies = ids.length === 0 ? new Map<string, M>() : await metadata.getMany(ids, ask)
      const items = page.items.flatMap(({ movieId, value }) => {
        const movie = movies.get(movieId)
        return movie === undefined ? [] : [join(movie, { kind: 'found', value })]
      })
      return { ...page, items }
    },
  }
}

const absent = { kind: 'absent' } as const

/** A movie joined with what its rating's source answered. */
export function join<M, R>(metadata: M, rating: Answer<R>): Details<M, R> {
  switch (rating.kind) {
    case 'found':
      return { metadata, rating: rating.value, ratingStatus: 'rated' }
    case 'absent':
      return { metadata, rating: undefined, ratingStatus: 'not-rated' }
    case 'unavailable':
      return { metadata, rating: undefined, ratingStatus: 'unavailable', reason: rating.reason }
  }
}

function answerFor<R>(answer: Answer<ReadonlyMap<string, R>>, id: string): Answer<R> {
  if (answer.kind !== 'found') return answer
  const value = answer.value.get(id)
  return value === undefined ? { kind: 'absent' } : { kind: 'found', value }
}
