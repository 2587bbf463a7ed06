import { describe, expect, test } from 'bun:test'
import { openSqlite } from '@marquee/sql/sqlite/sqlite'
import { queryWords, type StoredMetadata } from '../metadata.ts'
import type { ListPosition } from './port.ts'
import { type SearchIndex, search, searchLimits } from './search.ts'
import { searchStatements } from './sqlite-search.ts'
import { schema } from './sqlite-tables.ts'

describe('a search of a million movies', () => {
  const countMax = 1_000_000

  test('a search reads only the movies of the rarest word', async () => {
    const index = countedIndex({ counts: { the: countMax, alien: 40, of: countMax } })
    await search(index, { words: ['the', 'alien', 'of'], limit: 50 })
    expect(index.seen()).toEqual({ among: ['alien'], walked: 0 })
  })

  test('a search ends at a word that no movie has', async () => {
    const index = countedIndex({ counts: { the: countMax } })
    const page = await search(index, { words: ['the', 'xyzzy'], limit: 50 })
    expect(page).toEqual({ movies: [], next: undefined })
    expect(index.seen()).toEqual({ among: [], walked: 0 })
  })

  test('a search stops at a full page when every word is common', async () => {
    const index = countedIndex({ counts: { a: countMax }, matchesEvery: 100 })
    const page = await search(index, { words: ['a'], limit: 50 })
    expect(page.movies).toHaveLength(50)
    expect(index.seen().walked).toBeLessThanOrEqual(5_000 + searchLimits.sliceSize)
  })

  test('a search reads a bounded number of movies for a page, and continues from there', async () => {
    const index = countedIndex({ counts: { a: countMax, t: countMax } })
    const first = await search(index, { words: ['a', 't'], limit: 50 })
    expect(first.movies).toEqual([])
    expect(index.seen().walked).toBe(searchLimits.walkedCountMax)
    expect(first.next).toEqual({ title: `${searchLimits.walkedCountMax}`, id: '' })
    const after = first.next as ListPosition
    const second = await search(index, { words: ['a', 't'], limit: 50, after })
    expect(second.next).toEqual({ title: `${2 * searchLimits.walkedCountMax}`, id: '' })
  })

  test('a search ends when its caller has cancelled it', async () => {
    const left = new AbortController()
    const index = countedIndex({ counts: { a: countMax }, onWalk: () => left.abort() })
    const { signal } = left
    const ended = await search(index, { words: ['a'], limit: 50, signal }).catch((error) => error)
    expect(ended).toBe(signal.reason)
    expect(index.seen().walked).toBe(searchLimits.sliceSize)
  })
})

test.each([
  ['a '.repeat(100), ['a']],
  ['al alien ALIÉN a', ['alien']],
  ['The of the', ['the', 'of']],
  ['\ufdfa'.repeat(200), ['صلى', 'الله', 'عليه', 'وسلمصلى']],
  ['!!! 🎬', []],
])('the words of the query %j are few', (query, words) => {
  expect(queryWords(query)).toEqual(words)
})

test('a search compares at most 32 words of a query', () => {
  const query = Array.from({ length: 40 }, (_, index) => `w${index}x`)
  expect(queryWords(query.join(' '))).toEqual(query.slice(0, 32))
})

test('SQLite finds the movies of a search by an index, and sorts no more than a slice', () => {
  const db = openSqlite(':memory:', schema)
  const planOf = (text: string) =>
    db
      .prepare(`EXPLAIN QUERY PLAN ${text}`)
      .all()
      .map(({ detail }) => detail)
  const { among, walk } = searchStatements(3)
  const placeOf = 'USING INTEGER PRIMARY KEY (rowid=?)'
  expect(planOf(among)).toEqual([
    expect.stringContaining('SCAN candidate VIRTUAL TABLE'),
    `SEARCH movie_words ${placeOf}`,
    `SEARCH movie ${placeOf}`,
    'USE TEMP B-TREE FOR ORDER BY',
  ])
  const [, inOrder, ...rest] = planOf(walk)
  expect(inOrder).toBe('SEARCH movie USING COVERING INDEX movie_by_title ((title,id)>(?,?))')
  expect(rest).toEqual(['SCAN (subquery-1)', `SEARCH movie_words ${placeOf}`])
  db.close()
})

interface IndexOptions {
  readonly counts: Readonly<Record<string, number>>
  /** One in this many movies has all words. Default: none. */
  readonly matchesEvery?: number
  readonly onWalk?: () => void
}

/** Creates a catalogue whose titles are their positions, and which counts the movies it reads. */
function countedIndex({ counts, matchesEvery, onWalk }: IndexOptions) {
  const among: string[] = []
  let walked = 0
  const index: SearchIndex = {
    count: async (words, max) => words.map((word) => Math.min(counts[word] ?? 0, max)),
    async among(rare) {
      among.push(rare)
      return []
    },
    async walk({ after, limit }, size) {
      onWalk?.()
      walked += size
      const start = Number(after?.title ?? 0)
      const places = Array.from({ length: size }, (_, place) => start + place + 1)
      const matches = places.filter((place) => matchesEvery && place % matchesEvery === 0)
      return {
        movies: matches.slice(0, limit).map(movie),
        end: { title: `${start + size}`, id: '' },
      }
    },
  }
  return { ...index, seen: () => ({ among, walked }) }
}

function movie(place: number): StoredMetadata {
  const nothing = { description: '', director: '', releaseDate: '', genres: [] }
  return { id: '', title: `${place}`, ...nothing, updateTimeMs: 0, revision: 0 }
}
