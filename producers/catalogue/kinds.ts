import type { ExternalIds } from '../../services/metadata/metadata.ts'
import { readCsvRecords, splitCsv } from '../csv-records.ts'
import { peek } from '../input.ts'
import { type Line, readLines } from '../lines.ts'
import { type Placed, readElementItems, readLineItems, type Source, shortLine } from '../placed.ts'
import { formatCount } from '../summary.ts'
import { type ImdbOptions, imdbBasicsHeader, imdbMovie } from './imdb.ts'
import {
  type MovieLensLinks,
  movieLensLink,
  movieLensLinksHeader,
  movieLensMovie,
  movieLensMoviesHeader,
  movieLensRating,
  movieLensRatingsHeader,
} from './movielens.ts'
import type { CatalogueMovie, CatalogueRating, Outcome } from './outcome.ts'
import { createVegaMapping } from './vega.ts'

export const kinds = ['vega', 'movielens-movies', 'movielens-ratings', 'imdb-basics'] as const
export type Kind = (typeof kinds)[number]

const headers = {
  'movielens-movies': movieLensMoviesHeader,
  'movielens-ratings': movieLensRatingsHeader,
  'imdb-basics': imdbBasicsHeader,
}

const lineFeed = 0x0a

/**
 * Detects the kind of a file by its first line. Returns the kind, or `undefined` when it is
 * unknown, and a source that starts from the beginning again.
 */
export async function guessKind({
  name,
  chunks,
}: Source): Promise<{ kind: Kind | undefined; source: Source }> {
  const start = await peek(chunks, (head) => head.includes(lineFeed))
  const text = new TextDecoder().decode(start.head).trimStart()
  const [firstLine] = text.split(/\r?\n/)
  const byHeader = kinds.find((kind) => kind !== 'vega' && isHeader(firstLine, headers[kind]))
  const kind = byHeader ?? (text.startsWith('[') ? 'vega' : undefined)
  return { kind, source: { name, chunks: start.chunks } }
}

/** Reads the movies of a file. */
export function readMovies(
  kind: Exclude<Kind, 'movielens-ratings'>,
  source: Source,
  options: ImdbOptions & { readonly links: MovieLensLinks },
): AsyncIterable<Placed<CatalogueMovie>[]> {
  if (kind === 'vega') return readElementItems(source, createVegaMapping())
  if (kind === 'movielens-movies') {
    return mapLines(source, headers[kind], (line) => movieLensMovie(line, options.links))
  }
  return mapLines(source, headers[kind], (line) => imdbMovie(line, options), readLines)
}

/** Reads the ratings of a MovieLens file. */
export function readRatings(source: Source): AsyncIterable<Placed<CatalogueRating>[]> {
  return mapLines(source, movieLensRatingsHeader, movieLensRating)
}

/** Maximum number of movies of `links.csv`. Memory holds all of them. MovieLens has about 90,000. */
const linksMax = 1_000_000

/** Reads `links.csv` of MovieLens. Reports its broken lines, which are omitted. */
export async function readLinks(
  source: Source,
  refuse: (where: string, reason: string) => void,
): Promise<MovieLensLinks> {
  const links = new Map<string, ExternalIds>()
  for await (const batch of mapLines(source, movieLensLinksHeader, movieLensLink)) {
    for (const { where, outcome } of batch) {
      if (outcome.kind === 'item') links.set(...outcome.item)
      else if (outcome.kind === 'refused') refuse(`${where} of ${source.name}`, outcome.reason)
    }
    if (links.size > linksMax) {
      throw new Error(`${source.name} has more than ${formatCount(linksMax)} movies`)
    }
  }
  return links
}

function mapLines<T>(
  source: Source,
  header: string,
  map: (line: string) => Outcome<T>,
  readRecords = readCsvRecords,
) {
  const readHeader = (line: Line | undefined) => {
    checkHeader(source.name, header, line)
    return map
  }
  return readLineItems(source, readHeader, readRecords)
}

function checkHeader(name: string, header: string, line: Line | undefined): void {
  if (isHeader(line?.text, header)) return
  const found = line === undefined ? 'it is empty' : `it is ${shortLine(line)}`
  throw new Error(`the first line of ${name} should be ${JSON.stringify(header)}, but ${found}`)
}

/** Compares a line with a header. Names may be quoted, as some programs write CSV. */
function isHeader(line: string | undefined, header: string): boolean {
  return line === header || (line !== undefined && splitCsv(line)?.join() === header)
}
