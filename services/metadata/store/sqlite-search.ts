import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { read } from '@marquee/sql/sqlite/sqlite'
import type { StoredMetadata } from '../metadata.ts'
import type { ListOptions, ListPosition } from './port.ts'
import {
  comparePositions,
  countEach,
  type SearchIndex,
  searchLimits,
  type Walked,
} from './search.ts'
import { createSlices } from './slices.ts'
import { type prepareStatements, toMovie } from './sqlite-tables.ts'

/** Movie that was found but is not read yet. */
interface Found extends ListPosition {
  readonly movie_number: number
}

/**
 * Searches the tables in slices, because SQLite runs in this thread. A slice of a thousand movies
 * takes a few milliseconds.
 */
export function createSqliteSearch(
  db: DatabaseSync,
  sql: ReturnType<typeof prepareStatements>,
): SearchIndex {
  const slices = createSlices()
  const statements = preparedByCount(db)
  const { sliceSize } = searchLimits

  function load(found: readonly Found[]): StoredMetadata[] {
    if (found.length === 0) return []
    const numbers = found.map((one) => one.movie_number)
    return sql.getNumbered.all(JSON.stringify(numbers)).map(toMovie)
  }

  function findAmong(numbers: readonly number[], options: ListOptions): Found[] {
    const { words, limit, after } = options
    const { title, id } = after ?? start
    const parameters = [JSON.stringify(numbers), ...starts(words), title, id, limit]
    return statements(words.length).among.all(...parameters) as unknown as Found[]
  }

  return {
    count(words, max, signal) {
      const count = (word: string, max: number) => {
        const row = read(db, () => sql.countWords.get(word, endOf(word), max))
        return row?.count as number
      }
      return countEach(words, { max, count, slices, signal })
    },
    async among(rare, options) {
      const rows = read(db, () => sql.numbersOf.all(rare, endOf(rare)))
      const numbers = rows.map((row) => row.movie_number as number)
      let found: Found[] = []
      for (let at = 0; at < numbers.length; at += sliceSize) {
        if (at > 0) await slices.next(options.signal)
        const more = read(db, () => findAmong(numbers.slice(at, at + sliceSize), options))
        found = [...found, ...more].sort(comparePositions).slice(0, options.limit)
      }
      return read(db, () => load(found))
    },
    async walk({ words, limit, after, signal }, size): Promise<Walked> {
      await slices.next(signal)
      const { title, id } = after ?? start
      return read(db, () => {
        const parameters = [title, id, size, ...starts(words), limit]
        const found = statements(words.length).walk.all(...parameters) as unknown as Found[]
        const end = sql.sliceEnd.get(title, id, size) as ListPosition | undefined
        return { movies: load(found), end }
      })
    },
  }
}

const start: ListPosition = { title: '', id: '' }

/** Returns the statements of a search for this number of words. */
export function searchStatements(wordCount: number) {
  const hasAll = Array(wordCount).fill('instr(words, ?) > 0').join(' AND ')
  return {
    among: `SELECT movie_number, title, movie.id FROM json_each(?) AS candidate
      CROSS JOIN movie_words ON movie_number = candidate.value
      CROSS JOIN movie USING (movie_number)
      WHERE ${hasAll} AND (title, movie.id) > (?, ?) ORDER BY title, movie.id LIMIT ?`,
    walk: `SELECT movie_number, title, id FROM (
        SELECT movie_number, title, id FROM movie WHERE (title, id) > (?, ?)
        ORDER BY title, id LIMIT ?
      ) CROSS JOIN movie_words USING (movie_number)
      WHERE ${hasAll} ORDER BY title, id LIMIT ?`,
  }
}

/** Prepares the statements once for each number of words. */
function preparedByCount(db: DatabaseSync) {
  const known = new Map<number, { among: StatementSync; walk: StatementSync }>()
  return (wordCount: number) => {
    const before = known.get(wordCount)
    if (before !== undefined) return before
    const { among, walk } = searchStatements(wordCount)
    const statements = { among: db.prepare(among), walk: db.prepare(walk) }
    known.set(wordCount, statements)
    return statements
  }
}

/** Returns the texts that `instr` looks for in the words of a movie. */
function starts(words: readonly string[]): string[] {
  return words.map((word) => ` ${word}`)
}

/**
 * Returns a text that sorts after everything that begins with the word, and before everything else
 * that sorts after it.
 */
function endOf(word: string): string {
  return `${word}\u{10ffff}`
}
