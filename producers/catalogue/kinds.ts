import { type Input, peek } from '../input.ts'
import { readJsonArray } from '../json-array.ts'
import { type Line, lineBytesMax, readLines } from '../lines.ts'
import { formatCount } from '../summary.ts'
import { notUtf8 } from '../utf8.ts'
import { type ImdbOptions, imdbBasicsHeader, imdbMovie } from './imdb.ts'
import {
  movieLensMovie,
  movieLensMoviesHeader,
  movieLensRating,
  movieLensRatingsHeader,
  splitCsv,
} from './movielens.ts'
import { type CatalogueMovie, type CatalogueRating, type Outcome, refused } from './outcome.ts'
import { createVegaMapping } from './vega.ts'

export const kinds = ['vega', 'movielens-movies', 'movielens-ratings', 'imdb-basics'] as const
export type Kind = (typeof kinds)[number]

const headers = {
  'movielens-movies': movieLensMoviesHeader,
  'movielens-ratings': movieLensRatingsHeader,
  'imdb-basics': imdbBasicsHeader,
}

const lineFeed = 0x0a
/** Maximum size of an array element, in bytes. A movie has about 500. */
const elementBytesMax = 256 * 1024

const faults = {
  'too long': `it is longer than ${formatCount(lineBytesMax)} bytes`,
  'not UTF-8': notUtf8,
}

/** An outcome, with its place in the file, such as "line 7". */
export interface Placed<T> {
  readonly where: string
  readonly outcome: Outcome<T>
}

type Source = Pick<Input, 'name' | 'chunks'>

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
  options: ImdbOptions,
): AsyncIterable<Placed<CatalogueMovie>[]> {
  if (kind === 'vega') return mapElements(source, createVegaMapping())
  if (kind === 'movielens-movies') return mapLines(source, headers[kind], movieLensMovie)
  return mapLines(source, headers[kind], (line) => imdbMovie(line, options))
}

/** Reads the ratings of a MovieLens file. */
export function readRatings(source: Source): AsyncIterable<Placed<CatalogueRating>[]> {
  return mapLines(source, movieLensRatingsHeader, movieLensRating)
}

async function* mapLines<T>(source: Source, header: string, map: (line: string) => Outcome<T>) {
  let headerSeen = false
  for await (const lines of readLines(source.chunks)) {
    if (!headerSeen) checkHeader(source.name, header, lines[0])
    yield (headerSeen ? lines : lines.slice(1)).map(({ number, text, fault }) => ({
      where: `line ${number}`,
      outcome: text === undefined ? refused(faults[fault]) : map(text),
    }))
    headerSeen = true
  }
  if (!headerSeen) checkHeader(source.name, header, undefined)
}

function checkHeader(name: string, header: string, line: Line | undefined): void {
  if (isHeader(line?.text, header)) return
  const found = line === undefined ? 'it is empty' : `it is ${quote(line.text)}`
  throw new Error(`the first line of ${name} should be ${quote(header)}, but ${found}`)
}

/** Compares a line with a header. Names may be quoted, as some programs write CSV. */
function isHeader(line: string | undefined, header: string): boolean {
  return line === header || (line !== undefined && splitCsv(line)?.join() === header)
}

function quote(text: string | undefined): string {
  return JSON.stringify(text?.slice(0, 120) ?? '…')
}

async function* mapElements<T>(source: Source, map: (element: unknown) => Outcome<T>) {
  for await (const elements of readJsonArray(source, elementBytesMax)) {
    yield elements.map(({ where, text, fault }) => {
      return { where, outcome: text === undefined ? refused(fault) : mapJson(text, map) }
    })
  }
}

function mapJson<T>(text: string, map: (element: unknown) => Outcome<T>): Outcome<T> {
  try {
    return map(JSON.parse(text))
  } catch (error) {
    if (error instanceof SyntaxError) return refused('it is not JSON')
    throw error
  }
}
