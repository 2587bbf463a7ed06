import type { Postgres } from '@marquee/sql/postgres/postgres'
import { beforeNul } from '@marquee/sql/postgres/text'
import type { ListPosition } from './port.ts'
import { prefixQuery, prefixRanges, sql, toMovie } from './postgres-tables.ts'
import type { SearchIndex } from './search.ts'

/** Searches by SQL statements. Each reads a bounded number of rows. */
export function createPostgresSearch(db: Pick<Postgres, 'read'>): SearchIndex {
  return {
    async count(words, max) {
      const rows = await db.read(sql.countWords, [...prefixRanges(words), max])
      return rows.map((row) => row.count as number)
    },
    async among(rare, { words, limit, after }) {
      const range = prefixRanges([rare]).flat()
      const values = [...placeOf(after), limit, prefixQuery(words), ...range]
      return (await db.read(sql.searchAmong, values)).map(toMovie)
    },
    async walk({ words, limit, after }, size) {
      const place = placeOf(after)
      const rows = await db.read(sql.searchSlice, [...place, limit, prefixQuery(words), size])
      const movies = rows.map(toMovie)
      if (movies.length === limit) return { movies, end: after }
      const [end] = await db.read(sql.sliceEnd, [...place, size])
      return { movies, end: end && toPosition(end) }
    },
  }
}

function placeOf(after: ListPosition | undefined): [Buffer, string] {
  return [Buffer.from(after?.title ?? ''), beforeNul(after?.id ?? '')]
}

function toPosition({ title, id }: Readonly<Record<string, unknown>>): ListPosition {
  return { title: (title as Buffer).toString(), id: id as string }
}
