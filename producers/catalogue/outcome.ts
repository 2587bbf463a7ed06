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

/** How an item differs from its source: a rating was rounded, or a value that cannot be was left out. */
export type Change = 'rounded' | 'corrected'

/** What became of one line, or one element, of a file. */
export type Outcome<T> =
  | { readonly kind: 'item'; readonly item: T; readonly change?: Change | undefined }
  /** Well-formed, and not what is imported. */
  | { readonly kind: 'skipped' }
  | { readonly kind: 'refused'; readonly reason: string }

export function refused(reason: string): Outcome<never> {
  return { kind: 'refused', reason }
}

/** Maximum length of a text that a reason quotes, in UTF-16 units. */
const quotedMax = 120

/** A value from the source, as a reason quotes it. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > quotedMax ? `${text.slice(0, quotedMax)}…` : text)
}

/** Whether a movie can be of the year: what `metadata.v1.Metadata` takes. */
export function isYear(year: number): boolean {
  return year >= 1870 && year <= 2200
}

/** Whether a movie can be so long: what `metadata.v1.Metadata` takes. */
export function isRunningTime(minutes: number): boolean {
  return minutes >= 1 && minutes <= 100_000
}
