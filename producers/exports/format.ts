import type { ExternalSource } from '../../services/metadata/metadata.ts'
import type { Scale } from '../../services/rating/scale.ts'
import { type Outcome, refused } from '../catalogue/outcome.ts'
import type { Placed, Source } from '../placed.ts'
import type { ExportedRating } from './exported-rating.ts'

/** A part of an export: a text to append to a file. */
export interface Piece {
  /** Name of the file. Empty when the export is a single file. */
  readonly file: string
  readonly text: string
}

/** Writes ratings one by one. */
export interface RatingWriter {
  /** Texts before the first rating. */
  readonly start: readonly Piece[]
  /** Returns the texts of a rating, or the reason why the format cannot represent it. */
  write(rating: ExportedRating): Outcome<readonly Piece[]>
  /** Texts after the last rating. */
  readonly end: readonly Piece[]
}

/** A format in which ratings are exchanged. */
export interface Format {
  /** Describes a file of this format, for help texts. */
  readonly title: string
  /** Scale of the ratings. `undefined` when each rating has its own. */
  readonly scale: Scale | undefined
  /** Sources whose ids the format keeps. */
  readonly sources: readonly ExternalSource[]
  /** Unit of time of a rating, in milliseconds. Smaller differences are lost. */
  readonly timeUnitMs: number
  /** True when a file has ratings of several users. */
  readonly hasUsers: boolean
  /** Returns whether a file is of this format, by its first line and the text of its beginning. */
  matches(firstLine: string, head: string): boolean
  read(source: Source): AsyncIterable<Placed<ExportedRating>[]>
  /** Creates the writer of one export. Absent when the format is only read. */
  createWriter?(): RatingWriter
}

/** Creates a writer of a single file whose ratings are texts without separators. */
export function createTextWriter(
  header: string,
  write: (rating: ExportedRating) => Outcome<string>,
): RatingWriter {
  return {
    start: header === '' ? [] : [{ file: '', text: header }],
    write(rating) {
      const outcome = write(rating)
      if (outcome.kind !== 'item') return outcome
      return { kind: 'item', item: [{ file: '', text: outcome.item }] }
    },
    end: [],
  }
}

/** Returns the reason why a format cannot represent a movie without an id at the source. */
export function withoutId(source: string): Outcome<never> {
  return refused(`its movie has no id at ${source}`)
}
