import { describeScale, type Scale } from '../../services/rating/scale.ts'
import { quoted } from '../catalogue/outcome.ts'

/** A rating as a person's export has it. */
export interface ExportedRating {
  readonly title: string
  readonly year: number | undefined
  /** The id at IMDb, such as `tt0111161`. `undefined` when the export has none. */
  readonly imdbId: string | undefined
  /** False for an episode, a series or a game, whose title and year may also be those of a movie. */
  readonly isMovie: boolean
  /** A value of the export's scale. */
  readonly value: number
}

const imdbIdPattern = /^tt\d{7,10}$/

/** Returns whether a text has the form of an id of a title at IMDb. */
export function isImdbId(text: unknown): text is string {
  return typeof text === 'string' && imdbIdPattern.test(text)
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
