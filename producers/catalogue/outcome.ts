import { type Timestamp, timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { ExternalIds } from '../../services/metadata/metadata.ts'

/** A movie as read from a source, for `metadata.v1.Metadata`. */
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
  externalIds?: ExternalIds
}

/** A rating as read from a source, for `rating.v1.Rating`. */
export interface CatalogueRating {
  recordType: string
  recordId: string
  userId: string
  value: number
  /** When the user rated. Absent when the source does not say. */
  ratedTime?: Timestamp | undefined
}

/** Returns the protobuf form of a time in milliseconds since the Unix epoch. */
export function timestampOf(timeMs: number | undefined): Timestamp | undefined {
  return timeMs === undefined ? undefined : timestampFromMs(timeMs)
}

/** Difference between an item and its source: an impossible value was removed. */
export type Change = 'corrected'

/** Result of reading one line or element of a file. */
export type Outcome<T> =
  | { readonly kind: 'item'; readonly item: T; readonly change?: Change | undefined }
  /** Well-formed, but not to be imported. */
  | { readonly kind: 'skipped' }
  | { readonly kind: 'refused'; readonly reason: string }

export function refused(reason: string): Outcome<never> {
  return { kind: 'refused', reason }
}

/** Maximum length of a quoted text, in UTF-16 units. */
const quotedMax = 120

/** Quotes and shortens a value for a reason. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > quotedMax ? `${text.slice(0, quotedMax)}…` : text)
}

/**
 * Returns the number of a decimal text, such as "4.5" or "4.0", or `undefined`. It has at most as
 * many digits as the values of a scale, so that no digit is lost.
 */
export function decimalValue(text: string): number | undefined {
  return /^\d{1,6}(?:\.\d{1,4})?$/.test(text.trim()) ? Number(text) : undefined
}

/** Returns whether `metadata.v1.Metadata` accepts the year. */
export function isYear(year: number): boolean {
  return year >= 1870 && year <= 2200
}

/** Returns whether `metadata.v1.Metadata` accepts the running time. */
export function isRunningTime(minutes: number): boolean {
  return minutes >= 1 && minutes <= 100_000
}
