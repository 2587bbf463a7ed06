import { createScale } from '../../services/rating/scale.ts'
import { type Outcome, refused } from '../catalogue/outcome.ts'
import { type ExportedRating, isImdbId, offExportScale, yearOf } from './exported-rating.ts'

export const traktScale = createScale('1:10:1')

/**
 * Reads an element of Trakt's list of rated movies
 * (https://trakt.docs.apiary.io/#reference/users/ratings/get-ratings), which has a movie with its
 * title, year and ids. Of the ids, only IMDb's is the id of movies in a catalogue: those of TMDB are
 * numbers, as are MovieLens' own.
 */
export function traktRating(element: unknown): Outcome<ExportedRating> {
  const { rating, movie } = fieldsOf(element)
  const { title, year, ids } = fieldsOf(movie)
  if (typeof title !== 'string') return refused('it has no movie with a title')
  if (typeof rating !== 'number' || traktScale.stepOf(rating) === undefined) {
    return refused(offExportScale(rating === undefined ? '' : JSON.stringify(rating), traktScale))
  }
  const { imdb } = fieldsOf(ids)
  const imdbId = isImdbId(imdb) ? imdb : undefined
  return { kind: 'item', item: { title, year: yearOf(year), imdbId, isMovie: true, value: rating } }
}

/** Returns the fields of an object. Any other value has none. */
function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
