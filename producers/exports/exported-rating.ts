import type { ExternalIds } from '../../services/metadata/metadata.ts'
import { parseTime } from '../../services/rating/rated-time.ts'
import type { RecordRef } from '../../services/rating/rating.ts'
import { describeScale, type Scale } from '../../services/rating/scale.ts'
import { quoted } from '../catalogue/outcome.ts'

/** A rating as an export has it. */
export interface ExportedRating {
  /** The user, in the export of several users. `undefined` in the export of one person. */
  readonly userId: string | undefined
  /** Our own record. Only our own format has it. */
  readonly record: RecordRef | undefined
  /** Empty when the export has none. */
  readonly title: string
  readonly year: number | undefined
  /** Ids of the movie, as far as the export has them. */
  readonly ids: ExternalIds
  /** False for an episode, a series or a game, whose title and year may also be those of a movie. */
  readonly isMovie: boolean
  /** A value of the scale. */
  readonly value: number
  readonly scale: Scale
  /** Time of the rating, in milliseconds since the Unix epoch. `undefined` when unknown. */
  readonly timeMs: number | undefined
}

/** Returns the reason to refuse a rating that is not on the scale of its export. */
export function offExportScale(rating: string, scale: Scale): string {
  if (rating.trim() === '') return 'it has no rating'
  return `its rating is ${quoted(rating)}, not ${describeScale(scale)}`
}

/** Returns the year of a text or number of four digits, or `undefined`. */
export function yearOf(year: unknown): number | undefined {
  const text = String(year ?? '').trim()
  return /^\d{4}$/.test(text) ? Number(text) : undefined
}

/** Returns the year of a date that begins with it, such as `1995-12-15`, or `undefined`. */
export function yearOfDate(date: string): number | undefined {
  return yearOf(/^\d{4}(?=$|-)/.exec(date.trim())?.[0])
}

/**
 * Returns the time of an RFC 3339 text, or that of midnight UTC of a date. `undefined` when it is
 * neither.
 */
export function timeOf(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined
  const time = text.trim()
  return parseTime(/^\d{4}-\d\d-\d\d$/.test(time) ? `${time}T00:00:00Z` : time)
}

/** Returns the date of a time, such as `2024-01-31`. Empty when the time is unknown. */
export function dateText(timeMs: number | undefined): string {
  return timeText(timeMs).slice(0, 10)
}

/** Returns a time such as `2024-01-31T12:00:00.000Z`. Empty when the time is unknown. */
export function timeText(timeMs: number | undefined): string {
  return timeMs === undefined ? '' : new Date(timeMs).toISOString()
}
