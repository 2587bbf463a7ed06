import { externalIds } from './external-ids.ts'
import {
  type CatalogueMovie,
  isRunningTime,
  isYear,
  type Outcome,
  quoted,
  refused,
} from './outcome.ts'

/** First line of `title.basics.tsv` (https://developer.imdb.com/non-commercial-datasets/). */
export const imdbBasicsHeader =
  'tconst\ttitleType\tprimaryTitle\toriginalTitle\tisAdult\tstartYear\tendYear\truntimeMinutes\tgenres'

const fieldCount = imdbBasicsHeader.split('\t').length
const movieTypes = new Set(['movie', 'tvMovie'])
const whole = /^\d{1,9}$/
/** Value that this format uses for "unknown". */
const unknown = '\\N'

export interface ImdbOptions {
  /** Imports series, episodes, shorts and games too. */
  readonly allTypes: boolean
  /** Imports adult titles too, with the genre `Adult`. */
  readonly adult: boolean
}

const adultGenre = 'Adult'

/** Reads a line of `title.basics.tsv`. Values are separated by tabs and not quoted. */
export function imdbMovie(line: string, { allTypes, adult }: ImdbOptions): Outcome<CatalogueMovie> {
  const fields = line.split('\t')
  if (fields.length !== fieldCount)
    return refused(`it has ${fields.length} fields, not ${fieldCount}`)
  const [id = '', type = '', title = '', , isAdult = '', year = '', , minutes = '', genres = ''] =
    fields
  if (!allTypes && !movieTypes.has(type)) return { kind: 'skipped' }
  if (isAdult === '1' && !adult) return { kind: 'skipped' }
  if (title === unknown) return refused('it has no primaryTitle')
  if (year !== unknown && !whole.test(year)) return refused(`its startYear is ${quoted(year)}`)
  if (minutes !== unknown && !whole.test(minutes))
    return refused(`its runtimeMinutes is ${quoted(minutes)}`)
  const hasYear = isYear(Number(year))
  const hasRunningTime = isRunningTime(Number(minutes))
  // Some lines have "0", which means unknown in their sources.
  const isCorrected =
    (!hasYear && year !== unknown) || (!hasRunningTime && minutes !== unknown && minutes !== '0')
  return {
    kind: 'item',
    change: isCorrected ? 'corrected' : undefined,
    item: {
      id,
      title,
      description: '',
      director: '',
      releaseDate: hasYear ? year : '',
      ...(hasYear ? { year: Number(year) } : {}),
      genres: genresOf(genres, isAdult === '1'),
      externalIds: externalIds({ imdb: id }),
      ...(hasRunningTime ? { runningTimeMinutes: Number(minutes) } : {}),
    },
  }
}

function genresOf(field: string, isAdult: boolean): string[] {
  const genres = field.split(',').filter((genre) => genre !== '' && genre !== unknown)
  return isAdult && !genres.includes(adultGenre) ? [...genres, adultGenre] : genres
}
