import { createScale } from '../../services/rating/scale.ts'
import { externalIds } from '../catalogue/external-ids.ts'
import { type Outcome, refused } from '../catalogue/outcome.ts'
import { readElementItems } from '../placed.ts'
import { type ExportedRating, offExportScale, timeOf, timeText, yearOf } from './exported-rating.ts'
import type { Format } from './format.ts'
import { createArrayWriter, fieldsOf } from './json.ts'

const scale = createScale('1:10:1')

/**
 * Trakt's list of rated movies, as its API returns it
 * (https://trakt.docs.apiary.io/#reference/users/ratings/get-ratings).
 */
export const trakt: Format = {
  title: "Trakt's rated movies, as JSON",
  scale,
  sources: ['trakt', 'imdb', 'tmdb'],
  timeUnitMs: 1,
  hasUsers: false,
  matches: (_, head) => head.startsWith('[') && !/^\[\s*\{\s*"page"/.test(head),
  read: (source) => readElementItems(source, readElement),
  createWriter: () => createArrayWriter(toElement),
}

function readElement(element: unknown): Outcome<ExportedRating> {
  const { rating, movie, rated_at: ratedAt } = fieldsOf(element)
  const { title, year, ids } = fieldsOf(movie)
  if (typeof title !== 'string') return refused('it has no movie with a title')
  if (typeof rating !== 'number' || scale.stepOf(rating) === undefined) {
    return refused(offExportScale(rating === undefined ? '' : JSON.stringify(rating), scale))
  }
  const { trakt, imdb, tmdb } = fieldsOf(ids)
  const item: ExportedRating = {
    ...{ userId: undefined, record: undefined, title, year: yearOf(year), isMovie: true },
    ...{ ids: externalIds({ trakt, imdb, tmdb }), value: rating, scale, timeMs: timeOf(ratedAt) },
  }
  return { kind: 'item', item }
}

function toElement({ title, year, ids, value, timeMs }: ExportedRating): Outcome<object> {
  const { trakt, imdb, tmdb } = ids
  const numbers = { trakt: numberOf(trakt), imdb: imdb ?? null, tmdb: numberOf(tmdb) }
  return {
    kind: 'item',
    item: {
      rated_at: timeMs === undefined ? null : timeText(timeMs),
      rating: value,
      type: 'movie',
      movie: { title, year: year ?? null, ids: numbers },
    },
  }
}

function numberOf(id: string | undefined): number | null {
  return id === undefined ? null : Number(id)
}
