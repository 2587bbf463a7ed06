import { peek } from '../input.ts'
import type { Source } from '../placed.ts'
import type { Format } from './format.ts'
import { imdb } from './imdb.ts'
import { jsonLines } from './json-lines.ts'
import { letterboxd } from './letterboxd.ts'
import { createMovieLens, type MovieLensTables } from './movielens.ts'
import { tmdb, tmdbPages } from './tmdb.ts'
import { trakt } from './trakt.ts'

export const formatNames = [
  'imdb',
  'letterboxd',
  'tmdb',
  'tmdb-pages',
  'trakt',
  'movielens',
  'jsonl',
] as const
export type FormatName = (typeof formatNames)[number]

const formats: Readonly<Record<Exclude<FormatName, 'movielens'>, Format>> = {
  imdb,
  letterboxd,
  tmdb,
  'tmdb-pages': tmdbPages,
  trakt,
  jsonl: jsonLines,
}

/** Returns the format of a name. */
export function formatOf(name: FormatName, tables?: MovieLensTables): Format {
  return name === 'movielens' ? createMovieLens(tables) : formats[name]
}

/** Earlier names of formats. */
const otherNames: Readonly<Record<string, FormatName>> = {
  'imdb-ratings-csv': 'imdb',
  'letterboxd-ratings': 'letterboxd',
  'trakt-ratings': 'trakt',
}

/** Returns the name of a format of a flag, or `undefined` when there is none. */
export function formatNamed(text: string): FormatName | undefined {
  return otherNames[text] ?? formatNames.find((name) => name === text)
}

const lineFeed = 0x0a

/**
 * Detects the format of a file by its first line. Returns it, or `undefined` when it is unknown,
 * and a source that starts from the beginning again.
 */
export async function guessFormat({ name, chunks }: Source) {
  const start = await peek(chunks, (head) => head.includes(lineFeed))
  const text = new TextDecoder().decode(start.head).trimStart()
  const [firstLine = ''] = text.split(/\r?\n/)
  const source: Source = { name, chunks: start.chunks }
  return { format: formatNames.find((each) => formatOf(each).matches(firstLine, text)), source }
}
