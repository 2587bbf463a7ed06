/** What a movie is, as its source tells it. Optional fields are absent when unknown. */
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
  /** Mean of the votes at IMDb, 1 to 10. */
  readonly imdbRating?: number
  readonly imdbVotes?: number
}

/** Metadata as a store holds it. */
export interface StoredMetadata extends Metadata {
  /** When it was last put, in milliseconds since the Unix epoch. */
  readonly updateTimeMs: number
  /** Larger with every put, across all movies of the store. */
  readonly revision: number
}

/**
 * The words of a text as a search compares them: lower case, without accents, split at what is neither a letter
 * nor a digit. "Amélie (2001)" has the words "amelie" and "2001".
 */
export function searchWords(text: string): string[] {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return plain.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')
}

/** Most words of a query that are compared. Longer titles than those of 32 different words are found by the first 32. */
const queryWordsMax = 32

/**
 * The words of a query, as `searchWords`, in order: each once, without those that begin another one, which say nothing
 * more.
 */
export function queryWords(query: string): string[] {
  const distinct = [...new Set(searchWords(query))]
  const inOrder = distinct.toSorted()
  const implied = new Set(inOrder.filter((word, index) => inOrder[index + 1]?.startsWith(word)))
  return distinct.filter((word) => !implied.has(word)).slice(0, queryWordsMax)
}
