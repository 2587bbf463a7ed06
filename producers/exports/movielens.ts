import type { ExternalIds } from '../../services/metadata/metadata.ts'
import { externalIds } from '../catalogue/external-ids.ts'
import {
  type MovieLensLinks,
  movieLensLinksHeader,
  movieLensMoviesHeader,
  movieLensRatingsHeader,
  movieLensScale,
  splitTitle,
  timeOfSeconds,
} from '../catalogue/movielens.ts'
import { type Outcome, quoted, refused } from '../catalogue/outcome.ts'
import { joinCsv } from '../csv-records.ts'
import { formatCount } from '../summary.ts'
import { type Columns, hasColumns, readRows } from './columns.ts'
import type { ExportedRating } from './exported-rating.ts'
import { type Format, type Piece, type RatingWriter, withoutId } from './format.ts'
import { halfText, rowRating } from './row-rating.ts'

const columns = {
  required: ['userId', 'movieId', 'rating'],
  optional: ['timestamp'],
} as const satisfies Columns<string>

/** Names of the files of an export. */
export const movieLensFiles = ['ratings.csv', 'movies.csv', 'links.csv'] as const

/** Titles and ids of the movies of `ratings.csv`, which has only their `movieId`. */
export interface MovieLensTables {
  readonly titles: ReadonlyMap<
    string,
    { readonly title: string; readonly year: number | undefined }
  >
  readonly links: MovieLensLinks
}

/** Maximum number of movies of an export. Memory holds their ids. */
const moviesMax = 1_000_000

/**
 * `ratings.csv` of MovieLens. Its movies are known by their ids at MovieLens, and by those of
 * `links.csv` and the titles of `movies.csv` when there are tables. Written with both.
 */
export function createMovieLens(
  tables: MovieLensTables = { titles: new Map(), links: new Map() },
): Format {
  return {
    title: "MovieLens' ratings.csv",
    scale: movieLensScale,
    sources: ['movielens', 'imdb', 'tmdb'],
    timeUnitMs: 1_000,
    hasUsers: true,
    matches: (firstLine) => hasColumns(firstLine, columns),
    read: (source) =>
      readRows(source, columns, (row) => {
        const [userId, movieId] = [row('userId').trim(), row('movieId').trim()]
        const ids = externalIds({ movielens: movieId })
        if (userId === '') return refused('it has no userId')
        if (ids.movielens === undefined) return refused(`its movieId is ${quoted(movieId)}`)
        const { title = '', year } = tables.titles.get(movieId) ?? {}
        return rowRating(
          { rating: row('rating'), scale: movieLensScale, title, year: `${year ?? ''}` },
          {
            userId,
            ids: { ...tables.links.get(movieId), ...ids },
            timeMs: timeOfSeconds(row('timestamp')),
          },
        )
      }),
    createWriter: createMovieLensWriter,
  }
}

function createMovieLensWriter(): RatingWriter {
  const records = new Map<string, string>()
  const [ratings, movies, links] = movieLensFiles
  return {
    start: [
      { file: ratings, text: `${movieLensRatingsHeader}\n` },
      { file: movies, text: `${movieLensMoviesHeader}\n` },
      { file: links, text: `${movieLensLinksHeader}\n` },
    ],
    write(rating) {
      const { userId = '', record, ids, value, timeMs } = rating
      const { movielens } = ids
      if (movielens === undefined) return withoutId('MovieLens')
      const own = record?.recordId ?? movielens
      const known = records.get(movielens)
      if (known !== undefined && known !== own) {
        return refused(`its id at MovieLens is also that of ${known}`)
      }
      const seconds = timeMs === undefined ? '' : `${Math.floor(timeMs / 1_000)}`
      const row = joinCsv([userId, movielens, halfText(value), seconds])
      const movie =
        known === undefined ? moviePieces(movielens, rating) : { kind: 'item', item: [] }
      if (movie.kind !== 'item') return movie as Outcome<never>
      if (records.size >= moviesMax) {
        throw new Error(`the export has more than ${formatCount(moviesMax)} movies`)
      }
      records.set(movielens, own)
      return { kind: 'item', item: [{ file: ratings, text: row }, ...(movie.item as Piece[])] }
    },
    end: [],
  }
}

/** Returns the rows of a movie in `movies.csv` and `links.csv`. */
function moviePieces(
  movieId: string,
  { title, year, ids }: Pick<ExportedRating, 'title' | 'year' | 'ids'>,
): Outcome<readonly Piece[]> {
  const titleAndYear = year === undefined ? title : `${title} (${year})`
  const read = splitTitle(titleAndYear)
  const readYear = read.year === undefined ? undefined : Number(read.year)
  if (read.title !== title || readYear !== year) {
    return refused(`movies.csv cannot represent its title ${quoted(title)}`)
  }
  const [, movies, links] = movieLensFiles
  const movie = joinCsv([movieId, titleAndYear, '(no genres listed)'])
  const link = joinCsv([movieId, imdbNumber(ids), ids.tmdb ?? ''])
  return {
    kind: 'item',
    item: [
      { file: movies, text: movie },
      { file: links, text: link },
    ],
  }
}

function imdbNumber({ imdb = '' }: ExternalIds): string {
  return imdb.replace(/^tt/, '')
}
