import { createScale, type Scale } from '../../services/rating/scale.ts'
import { decimalValue, isYear, type Outcome, quoted, refused } from '../catalogue/outcome.ts'
import { peek } from '../input.ts'
import { type Placed, readElementItems, readLineItems, type Source } from '../placed.ts'
import { type Columns, hasColumns, type Row, readColumns } from './columns.ts'
import { type ExportedRating, isImdbId, offExportScale, yearOf } from './exported-rating.ts'
import { traktRating, traktScale } from './trakt.ts'

export const formats = ['imdb-ratings-csv', 'letterboxd-ratings', 'trakt-ratings'] as const
export type Format = (typeof formats)[number]

/** Scale of each format. */
export const formatScales: Readonly<Record<Format, Scale>> = {
  'imdb-ratings-csv': createScale('1:10:1'),
  'letterboxd-ratings': createScale('0.5:5:0.5'),
  'trakt-ratings': traktScale,
}

const imdbColumns = {
  required: ['Const', 'Your Rating'],
  optional: ['Title', 'Title Type', 'Year'],
} as const satisfies Columns<string>
type ImdbColumn = (typeof imdbColumns)['required' | 'optional'][number]

const letterboxdColumns = {
  required: ['Name', 'Year', 'Letterboxd URI', 'Rating'],
  optional: [],
} as const satisfies Columns<string>
type LetterboxdColumn = (typeof letterboxdColumns)['required'][number]

const lineFeed = 0x0a

/**
 * Detects the format of a file by its first line. Returns it, or `undefined` when it is unknown,
 * and a source that starts from the beginning again.
 */
export async function guessFormat({ name, chunks }: Source) {
  const start = await peek(chunks, (head) => head.includes(lineFeed))
  const text = new TextDecoder().decode(start.head).trimStart()
  const [firstLine] = text.split(/\r?\n/)
  const source: Source = { name, chunks: start.chunks }
  return { format: formatOf(firstLine, text), source }
}

function formatOf(firstLine: string | undefined, text: string): Format | undefined {
  if (hasColumns(firstLine, imdbColumns)) return 'imdb-ratings-csv'
  if (hasColumns(firstLine, letterboxdColumns)) return 'letterboxd-ratings'
  return text.startsWith('[') ? 'trakt-ratings' : undefined
}

/** Reads the ratings of an export. Their values are on the scale of the format. */
export function readExport(
  format: Format,
  source: Source,
): AsyncIterable<Placed<ExportedRating>[]> {
  if (format === 'trakt-ratings') return readElementItems(source, traktRating)
  return readLineItems(source, (header) =>
    format === 'imdb-ratings-csv'
      ? readColumns(source.name, header, imdbColumns, imdbRating)
      : readColumns(source.name, header, letterboxdColumns, letterboxdRating),
  )
}

/** Types of IMDb's titles that are movies, in lower case without spaces. */
const imdbMovieTypes = new Set(['', 'movie', 'tvmovie', 'featurefilm', 'documentary'])

/** Reads a row of IMDb's export of "Your ratings". */
function imdbRating(row: Row<ImdbColumn>): Outcome<ExportedRating> {
  const imdbId = row('Const')
  if (!isImdbId(imdbId)) return refused(`its Const is ${quoted(imdbId)}, not such as tt0111161`)
  const type = row('Title Type').toLowerCase().replaceAll(/\s/g, '')
  const movie = { imdbId, isMovie: imdbMovieTypes.has(type) }
  return rowRating('imdb-ratings-csv', row('Your Rating'), row('Title'), row('Year'), movie)
}

/** Reads a row of `ratings.csv` of Letterboxd's export. Its URI is in no catalogue. */
function letterboxdRating(row: Row<LetterboxdColumn>): Outcome<ExportedRating> {
  const movie = { imdbId: undefined, isMovie: true }
  return rowRating('letterboxd-ratings', row('Rating'), row('Name'), row('Year'), movie)
}

function rowRating(
  format: Format,
  rating: string,
  title: string,
  yearText: string,
  movie: Pick<ExportedRating, 'imdbId' | 'isMovie'>,
): Outcome<ExportedRating> {
  const value = decimalValue(rating)
  const scale = formatScales[format]
  if (value === undefined || scale.stepOf(value) === undefined) {
    return refused(offExportScale(rating, scale))
  }
  const year = yearOf(yearText)
  if (yearText !== '' && (year === undefined || !isYear(year))) {
    return refused(`its year is ${quoted(yearText)}`)
  }
  return { kind: 'item', item: { ...movie, title, year, value } }
}
