/**
 * A movie as a source tells it: what `metadata.v1.Metadata` is made from, and what a store takes.
 */
export interface CatalogueMovie {
  id: string
  title: string
  description: string
  director: string
  /** `YYYY` or `YYYY-MM-DD`; empty when unknown. */
  releaseDate: string
  year?: number
  genres: string[]
  runningTimeMinutes?: number
  imdbRating?: number
  imdbVotes?: number
}

/** A rating as a source tells it: what `rating.v1.Rating` is made from. */
export interface CatalogueRating {
  recordType: string
  recordId: string
  userId: string
  value: number
}

/** What became of one line, or one element, of a file. */
export type Outcome<T> =
  | { readonly kind: 'item'; readonly item: T; readonly rounded?: boolean }
  /** Well-formed, and not what is imported. */
  | { readonly kind: 'skipped' }
  | { readonly kind: 'refused'; readonly reason: string }

export function refused(reason: string): Outcome<never> {
  return { kind: 'refused', reason }
}
