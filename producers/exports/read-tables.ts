import { readLinks, readMovies } from '../catalogue/kinds.ts'
import { openInput } from '../input.ts'
import type { Terminal } from '../program.ts'
import { formatCount } from '../summary.ts'
import type { MovieLensTables } from './movielens.ts'

/** Maximum number of movies of `movies.csv`. Memory holds their titles. */
const titlesMax = 1_000_000

export interface TablePaths {
  /** Path of `movies.csv`. */
  readonly movies: string | undefined
  /** Path of `links.csv`. */
  readonly links: string | undefined
}

/** Reads the tables of MovieLens that there are. Reports their broken lines, which are omitted. */
export async function readTables(
  { movies, links }: TablePaths,
  terminal: Terminal,
  refuse: (where: string, reason: string) => void,
): Promise<MovieLensTables> {
  return {
    titles: movies === undefined ? new Map() : await readTitles(movies, terminal, refuse),
    links:
      links === undefined ? new Map() : await readLinks(await openInput(links, terminal), refuse),
  }
}

async function readTitles(
  path: string,
  terminal: Terminal,
  refuse: (where: string, reason: string) => void,
) {
  const titles = new Map<string, { title: string; year: number | undefined }>()
  const input = await openInput(path, terminal)
  const options = { allTypes: false, adult: false, links: new Map<string, never>() }
  for await (const batch of readMovies('movielens-movies', input, options)) {
    for (const { where, outcome } of batch) {
      if (outcome.kind === 'refused') refuse(`${where} of ${path}`, outcome.reason)
      if (outcome.kind !== 'item') continue
      const { id, title, year } = outcome.item
      titles.set(id, { title, year })
    }
    if (titles.size > titlesMax)
      throw new Error(`${path} has more than ${formatCount(titlesMax)} movies`)
  }
  return titles
}
