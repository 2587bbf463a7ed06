import { createScale } from '../../services/rating/scale.ts'
import { externalIds } from '../catalogue/external-ids.ts'
import { type Outcome, quoted, refused } from '../catalogue/outcome.ts'
import { joinCsv } from '../csv-records.ts'
import { type Placed, readElementItems, type Source } from '../placed.ts'
import { withoutByteOrderMark } from '../utf8.ts'
import { type ColumnOf, type Columns, hasColumns, type Row, readRows } from './columns.ts'
import {
  type ExportedRating,
  offExportScale,
  timeOf,
  timeText,
  yearOfDate,
} from './exported-rating.ts'
import { createTextWriter, type Format, withoutId } from './format.ts'
import { fieldsOf } from './json.ts'
import { halfText, rowRating } from './row-rating.ts'

const columns = {
  required: ['TMDb ID', 'Name', 'Your Rating'],
  optional: ['IMDb ID', 'Type', 'Release Date', 'Date Rated'],
} as const satisfies Columns<string>

const written =
  'TMDb ID,IMDb ID,Type,Name,Release Date,Season Number,Episode Number,Rating,Your Rating,Date Rated'

/** TMDB takes half points from 0.5 to 10. */
const scale = createScale('0.5:10:0.5')

const shared = { scale, sources: ['tmdb', 'imdb'], timeUnitMs: 1_000, hasUsers: false } as const

/** The CSV file of the ratings of an account at TMDB. */
export const tmdb: Format = {
  ...shared,
  title: "the ratings of TMDB's account export, as CSV",
  matches: (firstLine) => hasColumns(firstLine, columns),
  read: (source) => readRows(source, columns, readRow),
  createWriter: () => createTextWriter(`${written}\n`, writeRow),
}

function readRow(row: Row<ColumnOf<typeof columns>>): Outcome<ExportedRating> {
  const ids = externalIds({ tmdb: row('TMDb ID'), imdb: row('IMDb ID') })
  if (ids.tmdb === undefined)
    return refused(`its TMDb ID is ${quoted(row('TMDb ID'))}, not a number`)
  const type = row('Type').trim()
  const isMovie = type === '' || type === 'movie'
  // A series has a number of its own, which may also be that of a movie.
  const own = isMovie ? ids : externalIds({ imdb: ids.imdb })
  const year = `${yearOfDate(row('Release Date')) ?? ''}`
  return rowRating(
    { rating: row('Your Rating'), scale, title: row('Name'), year },
    { ids: own, isMovie, timeMs: timeOf(row('Date Rated')) },
  )
}

function writeRow({ ids, value, title, year, timeMs }: ExportedRating): Outcome<string> {
  if (ids.tmdb === undefined) return withoutId('TMDB')
  const time = timeText(timeMs).replace(/\.\d+Z$/, 'Z')
  const movie = [ids.tmdb, ids.imdb ?? '', 'movie', title, `${year ?? ''}`]
  return { kind: 'item', item: joinCsv([...movie, '', '', '', halfText(value), time]) }
}

/**
 * Pages of rated movies of TMDB's API
 * (https://developer.themoviedb.org/reference/account-rated-movies): one page, or an array of pages
 * or of their results.
 */
export const tmdbPages: Format = {
  ...shared,
  title: "pages of rated movies of TMDB's API, as JSON",
  timeUnitMs: 1,
  matches: (_, head) => /^(\[\s*)?\{\s*"page"\s*:/.test(head),
  read: readPages,
}

async function* readPages(source: Source): AsyncGenerator<Placed<ExportedRating>[]> {
  const read = (element: unknown): Outcome<Outcome<ExportedRating>[]> => {
    const { results } = fieldsOf(element)
    const elements = Array.isArray(results) ? results : [element]
    return { kind: 'item', item: elements.map(readResult) }
  }
  for await (const batch of readElementItems(asArray(source), read)) {
    yield batch.flatMap(({ where, outcome }): Placed<ExportedRating>[] => {
      if (outcome.kind !== 'item') return [{ where, outcome }]
      const isPage = outcome.item.length !== 1
      return outcome.item.map((one, index) => {
        return { where: isPage ? `result ${index + 1} of ${where}` : where, outcome: one }
      })
    })
  }
}

/** Returns a file of one JSON object as an array of it. */
function asArray(source: Source): Source {
  async function* chunks() {
    let isObject: boolean | undefined
    for await (const chunk of withoutByteOrderMark(source.chunks)) {
      const first = Buffer.from(chunk).toString('latin1').trimStart()[0]
      if (isObject === undefined && first !== undefined) {
        isObject = first === '{'
        if (isObject) yield Buffer.from('[')
      }
      yield chunk
    }
    if (isObject) yield Buffer.from(']')
  }
  return { name: source.name, chunks: chunks() }
}

function readResult(result: unknown): Outcome<ExportedRating> {
  const { id, title, release_date: released, rating, account_rating: account } = fieldsOf(result)
  const ids = externalIds({ tmdb: id })
  if (ids.tmdb === undefined || typeof title !== 'string') {
    return refused('it has no movie with an id and a title')
  }
  const { value = rating, created_at: time } = fieldsOf(account)
  if (typeof value !== 'number' || scale.stepOf(value) === undefined) {
    return refused(offExportScale(value === undefined ? '' : JSON.stringify(value), scale))
  }
  const year = typeof released === 'string' ? yearOfDate(released) : undefined
  const item: ExportedRating = {
    ...{ userId: undefined, record: undefined, title, year, ids, isMovie: true },
    ...{ value, scale, timeMs: timeOf(time) },
  }
  return { kind: 'item', item }
}
