import type { ExternalIds } from '../../services/metadata/metadata.ts'
import { isTimestampMs } from '../../services/rating/rated-time.ts'
import { createScale, describeScale } from '../../services/rating/scale.ts'
import { splitCsv } from '../csv-records.ts'
import { externalIds, imdbIdOfNumber } from './external-ids.ts'
import {
  type CatalogueMovie,
  type CatalogueRating,
  decimalValue,
  isYear,
  type Outcome,
  quoted,
  refused,
  timestampOf,
} from './outcome.ts'

/**
 * First lines of the files (https://files.grouplens.org/datasets/movielens/ml-latest-README.html).
 */
export const movieLensMoviesHeader = 'movieId,title,genres'
export const movieLensLinksHeader = 'movieId,imdbId,tmdbId'
export const movieLensRatingsHeader = 'userId,movieId,rating,timestamp'

/** Ids of the movies of `links.csv` at other sources, by `movieId`. */
export type MovieLensLinks = ReadonlyMap<string, ExternalIds>

/** Reads a line of `movies.csv`, such as `1,Toy Story (1995),Adventure|Animation`. */
export function movieLensMovie(
  line: string,
  links: MovieLensLinks = new Map(),
): Outcome<CatalogueMovie> {
  const fields = splitCsv(line)
  if (fields === undefined) return refused('a quote is not closed, or is in the wrong place')
  if (fields.length !== 3) return refused(`it has ${fields.length} fields, not 3`)
  const [id = '', titleAndYear = '', genres = ''] = fields
  const { title, year } = splitTitle(titleAndYear)
  return {
    kind: 'item',
    item: {
      id,
      title,
      description: '',
      director: '',
      releaseDate: year ?? '',
      ...(year === undefined ? {} : { year: Number(year) }),
      externalIds: { ...links.get(id), ...externalIds({ movielens: id }) },
      genres: genres === '(no genres listed)' ? [] : genres.split('|').filter(Boolean),
    },
  }
}

/** Splits "Toy Story (1995)". The year is `undefined` when there is none. */
export function splitTitle(titleAndYear: string): { title: string; year: string | undefined } {
  // Series have "(2006–2007)" or "(2013– )".
  const [, title = '', found] =
    /^(.+?)\s*\((\d{4})(?:\s?[-–]\s?(?:\d{4})?)?\)\s*$/s.exec(titleAndYear) ?? []
  const year = isYear(Number(found)) ? found : undefined
  return year === undefined ? { title: titleAndYear.trim(), year } : { title, year }
}

/** Reads a line of `links.csv`, such as `1,0114709,862`. Either id may be missing. */
export function movieLensLink(line: string): Outcome<readonly [string, ExternalIds]> {
  const fields = splitCsv(line)
  if (fields?.length !== 3) return refused(`it has ${fields?.length ?? 'broken'} fields, not 3`)
  const [movieId = '', imdb = '', tmdb = ''] = fields
  if (imdb !== '' && imdbIdOfNumber(imdb) === '') return refused(`its imdbId is ${quoted(imdb)}`)
  const ids = externalIds({ imdb: imdbIdOfNumber(imdb), tmdb })
  if (tmdb !== '' && ids.tmdb === undefined) return refused(`its tmdbId is ${quoted(tmdb)}`)
  return { kind: 'item', item: [movieId, ids] }
}

/** Scale of MovieLens: half stars. */
export const movieLensScale = createScale('0.5:5:0.5')

/** Reads a line of `ratings.csv`, such as `1,296,4.5,1147880044`. */
export function movieLensRating(line: string): Outcome<CatalogueRating> {
  const fields = splitCsv(line)
  if (fields?.length !== 4) return refused(`it has ${fields?.length ?? 'broken'} fields, not 4`)
  const [userId = '', recordId = '', rating = '', seconds = ''] = fields
  const value = decimalValue(rating)
  if (value === undefined || movieLensScale.stepOf(value) === undefined) {
    return refused(`its rating is ${quoted(rating)}, not ${describeScale(movieLensScale)}`)
  }
  const ratedTime = timestampOf(timeOfSeconds(seconds))
  return { kind: 'item', item: { recordType: 'movie', recordId, userId, value, ratedTime } }
}

/**
 * Returns a time in milliseconds of a text with the seconds since the Unix epoch, or `undefined` when
 * it is not one.
 */
export function timeOfSeconds(seconds: string): number | undefined {
  if (!/^-?\d{1,12}$/.test(seconds.trim())) return undefined
  const timeMs = Number(seconds) * 1_000
  return isTimestampMs(timeMs) ? timeMs : undefined
}
