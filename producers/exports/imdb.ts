import { createScale } from '../../services/rating/scale.ts'
import { externalIds } from '../catalogue/external-ids.ts'
import { type Outcome, quoted, refused } from '../catalogue/outcome.ts'
import { joinCsv } from '../csv-records.ts'
import { type ColumnOf, type Columns, hasColumns, type Row, readRows } from './columns.ts'
import { dateText, type ExportedRating, timeOf } from './exported-rating.ts'
import { createTextWriter, type Format, withoutId } from './format.ts'
import { rowRating } from './row-rating.ts'

const columns = {
  required: ['Const', 'Your Rating'],
  optional: ['Date Rated', 'Title', 'Title Type', 'Year'],
} as const satisfies Columns<string>

const written = ['Const', 'Your Rating', 'Date Rated', 'Title', 'URL', 'Title Type', 'Year']

const scale = createScale('1:10:1')

/** IMDb's export of "Your ratings", as CSV. */
export const imdb: Format = {
  title: 'IMDb\'s "Your ratings", as CSV',
  scale,
  sources: ['imdb'],
  timeUnitMs: 86_400_000,
  hasUsers: false,
  matches: (firstLine) => hasColumns(firstLine, columns),
  read: (source) => readRows(source, columns, readRow),
  createWriter: () => createTextWriter(joinCsv(written), writeRow),
}

/** Types of IMDb's titles that are movies, in lower case without spaces. */
const movieTypes = new Set(['', 'movie', 'tvmovie', 'featurefilm', 'documentary'])

function readRow(row: Row<ColumnOf<typeof columns>>): Outcome<ExportedRating> {
  const ids = externalIds({ imdb: row('Const') })
  if (ids.imdb === undefined) {
    return refused(`its Const is ${quoted(row('Const'))}, not such as tt0111161`)
  }
  const type = row('Title Type').toLowerCase().replaceAll(/\s/g, '')
  const others = { ids, isMovie: movieTypes.has(type), timeMs: timeOf(row('Date Rated')) }
  return rowRating(
    { rating: row('Your Rating'), scale, title: row('Title'), year: row('Year') },
    others,
  )
}

function writeRow({ ids, value, title, year, timeMs }: ExportedRating): Outcome<string> {
  if (ids.imdb === undefined) return withoutId('IMDb')
  const url = `https://www.imdb.com/title/${ids.imdb}/`
  const values = [ids.imdb, `${value}`, dateText(timeMs), title, url, 'Movie', `${year ?? ''}`]
  return { kind: 'item', item: joinCsv(values) }
}
