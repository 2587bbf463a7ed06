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

/**
 * Returns the words of a text in the form that a search compares: lower case, without accents,
 * split at everything but letters and digits. "Amélie (2001)" has the words "amelie" and "2001".
 */
export function searchWords(text: string): string[] {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return plain.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')
}

/**
 * Maximum number of words that a search compares. A longer query finds titles by its first 32
 * words.
 */
const queryWordsMax = 32

/**
 * Returns the distinct words of a query, in order, as `searchWords` does. Omits a word that begins
 * another one, because it matches whatever the longer one matches.
 */
export function queryWords(query: string): string[] {
  const distinct = [...new Set(searchWords(query))]
  const inOrder = distinct.toSorted()
  const implied = new Set(inOrder.filter((word, index) => inOrder[index + 1]?.startsWith(word)))
  return distinct.filter((word) => !implied.has(word)).slice(0, queryWordsMax)
}
