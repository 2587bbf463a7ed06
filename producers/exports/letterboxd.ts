import { createScale } from '../../services/rating/scale.ts'
import { externalIds } from '../catalogue/external-ids.ts'
import { type Outcome, refused } from '../catalogue/outcome.ts'
import { joinCsv } from '../csv-records.ts'
import { type ColumnOf, type Columns, hasColumns, type Row, readRows } from './columns.ts'
import { dateText, type ExportedRating, timeOf } from './exported-rating.ts'
import { createTextWriter, type Format } from './format.ts'
import { rowRating } from './row-rating.ts'

/**
 * Columns of Letterboxd's own export, and the two ids that its importer reads
 * (https://letterboxd.com/about/importing-data/).
 */
const columns = {
  required: ['Name', 'Year', 'Letterboxd URI', 'Rating'],
  optional: ['Date', 'imdbID', 'tmdbID'],
} as const satisfies Columns<string>

const written = ['Date', 'Name', 'Year', 'Letterboxd URI', 'Rating', 'imdbID', 'tmdbID']

const scale = createScale('0.5:5:0.5')

/** `ratings.csv` of Letterboxd's export. */
export const letterboxd: Format = {
  title: "Letterboxd's ratings.csv",
  scale,
  sources: ['letterboxd', 'imdb', 'tmdb'],
  timeUnitMs: 86_400_000,
  hasUsers: false,
  matches: (firstLine) => hasColumns(firstLine, columns),
  read: (source) => readRows(source, columns, readRow),
  createWriter: () => createTextWriter(joinCsv(written), writeRow),
}

function readRow(row: Row<ColumnOf<typeof columns>>): Outcome<ExportedRating> {
  const uri = row('Letterboxd URI')
  const ids = externalIds({ letterboxd: uri, imdb: row('imdbID'), tmdb: row('tmdbID') })
  return rowRating(
    { rating: row('Rating'), scale, title: row('Name'), year: row('Year') },
    { ids, timeMs: timeOf(row('Date')) },
  )
}

function writeRow({ ids, value, title, year, timeMs }: ExportedRating): Outcome<string> {
  if (title === '') return refused('its movie has no title')
  const { letterboxd = '', imdb = '', tmdb = '' } = ids
  const rated = [dateText(timeMs), title, `${year ?? ''}`, letterboxd, `${value}`]
  return { kind: 'item', item: joinCsv([...rated, imdb, tmdb]) }
}
