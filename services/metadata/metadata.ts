/** Description of a movie, from its source. Optional properties are absent when unknown. */
export interface Metadata {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly director: string
  /** `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; empty when unknown. */
  readonly releaseDate: string
  readonly year?: number
  readonly genres: readonly string[]
  readonly runningTimeMinutes?: number
  /** Mean of the votes at IMDb, from 1 to 10. */
  readonly imdbRating?: number
  readonly imdbVotes?: number
  /** Ids of the same movie elsewhere. Absent when none is known. */
  readonly externalIds?: ExternalIds
}

/** Catalogues of movies that others keep, by the names of their ids in `ExternalIds`. */
export const externalSources = ['imdb', 'tmdb', 'letterboxd', 'trakt', 'movielens'] as const
export type ExternalSource = (typeof externalSources)[number]

/** Ids of a movie at other sources. An unknown one is absent. */
export type ExternalIds = { readonly [Source in ExternalSource]?: string }

/** Returns the external ids of a movie with their sources, in the order of the sources. */
export function externalIdsOf({ externalIds = {} }: Metadata): [ExternalSource, string][] {
  return externalSources.flatMap((source) => {
    const id = externalIds[source]
    return id === undefined ? [] : [[source, id] as [ExternalSource, string]]
  })
}

/** Metadata with what the store adds. */
export interface StoredMetadata extends Metadata {
  /** Time of the last put, in milliseconds since the Unix epoch. */
  readonly updateTimeMs: number
  /** Grows with every put, across all movies of the store. */
  readonly revision: number
}
