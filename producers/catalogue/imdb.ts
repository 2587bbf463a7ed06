import { type CatalogueMovie, type Outcome, refused } from './outcome.ts'

/** The first line of `title.basics.tsv` (https://developer.imdb.com/non-commercial-datasets/). */
export const imdbBasicsHeader =
  'tconst\ttitleType\tprimaryTitle\toriginalTitle\tisAdult\tstartYear\tendYear\truntimeMinutes\tgenres'

const fieldCount = imdbBasicsHeader.split('\t').length
const movieTypes = new Set(['movie', 'tvMovie'])
const whole = /^\d{1,9}$/
/** How this format writes that nothing is known. */
const unknown = '\\N'

export interface ImdbOptions {
  /** Takes series, episodes, shorts and games too. */
  readonly allTypes: boolean
}

/** A line of `title.basics.tsv`: tabs, no quotes, `\N` for what is not known. */
export function imdbMovie(line: string, { allTypes }: ImdbOptions): Outcome<CatalogueMovie> {
  const fields = line.split('\t')
  if (fields.length !== fieldCount)
    return refused(`it has ${fields.length} fields, not ${fieldCount}`)
  const [id = '', type = '', title = '', , , year = '', , minutes = '', genres = ''] = fields
  if (!allTypes && !movieTypes.has(type)) return { kind: 'skipped' }
  if (title === unknown) return refused('it has no primaryTitle')
  if (year !== unknown && !whole.test(year)) return refused(`its startYear is "${year}"`)
  if (minutes !== unknown && !whole.test(minutes))
    return refused(`its runtimeMinutes is "${minutes}"`)
  return {
    kind: 'item',
    item: {
      id,
      title,
      description: '',
      director: '',
      releaseDate: year === unknown ? '' : year,
      ...(year === unknown ? {} : { year: Number(year) }),
      genres: genres === unknown ? [] : genres.split(',').filter(Boolean),
      // Some have "0", which is not known either.
      ...(Number(minutes) > 0 ? { runningTimeMinutes: Number(minutes) } : {}),
    },
  }
}
