import type { Scale } from '../../services/rating/scale.ts'
import { decimalValue, isYear, type Outcome, quoted, refused } from '../catalogue/outcome.ts'
import { type ExportedRating, offExportScale, yearOf } from './exported-rating.ts'

/** Texts of a row, with the scale of its rating. */
export interface RatedTexts {
  readonly rating: string
  readonly scale: Scale
  readonly title: string
  readonly year: string
}

/** Fields of an exported rating that a row has in addition. */
type Others = Pick<ExportedRating, 'ids' | 'timeMs'> & Partial<ExportedRating>

/** Returns the rating of a row, or why it is refused. */
export function rowRating(texts: RatedTexts, others: Others): Outcome<ExportedRating> {
  const { rating, scale, title } = texts
  const value = decimalValue(rating)
  if (value === undefined || scale.stepOf(value) === undefined) {
    return refused(offExportScale(rating, scale))
  }
  const year = yearOf(texts.year)
  if (texts.year.trim() !== '' && (year === undefined || !isYear(year))) {
    return refused(`its year is ${quoted(texts.year)}`)
  }
  const item: ExportedRating = {
    ...{ userId: undefined, record: undefined, isMovie: true, title, year, value, scale },
    ...others,
  }
  return { kind: 'item', item }
}

/** Returns the text of a value of a scale with half steps, such as "4.5" or "4.0". */
export function halfText(value: number): string {
  return value.toFixed(1)
}
