import { expect, test } from 'bun:test'
import type { Movie } from '../catalogue/movie.ts'
import { addPage, emptyFeed, fallBack, fallbackOf, sameList, shownView } from './feed.ts'
import { allMovies, type ListView } from './list-view.ts'

const movies = (...ids: string[]): Movie[] =>
  ids.map((id) => ({ id, title: id, description: '', director: '', releaseDate: '', genres: [] }))
const page = (nextPageToken: string, ...ids: string[]) => ({
  movies: movies(...ids),
  recent: new Map(),
  nextPageToken,
  totalSize: 3,
})
const ids = (feed: { movies: readonly Movie[] }) => feed.movies.map(({ id }) => id)

test('a movie that moved to the next page between two requests is shown once', () => {
  const feed = addPage(addPage(emptyFeed(allMovies), page('2', 'a', 'b')), page('', 'b', 'c'))
  expect(ids(feed)).toEqual(['a', 'b', 'c'])
  expect(feed).toMatchObject({ finished: true, totalSize: 3 })
})

test('without ratings, the list starts again by IMDb and is still the same list', () => {
  const before = emptyFeed(allMovies)
  const feed = fallBack(addPage(before, page('')), 'no-ratings')
  expect(feed).toMatchObject({ finished: false, fallback: 'no-ratings' })
  expect(shownView(feed).sort).toBe('imdb')
  expect(sameList(before.view, feed.view)).toBe(true)
})

test('a week without ratings is no reason for another list, and ratings that are offline are one', () => {
  const week: ListView = { ...allMovies, period: 'week' }
  const nothing = { ok: true, value: { totalSize: 0 } } as const
  expect(fallbackOf(allMovies, nothing)).toBe('no-ratings')
  expect(fallbackOf(week, nothing)).toBeUndefined()
  const feed = fallBack(emptyFeed(week), 'unavailable')
  expect(shownView(feed)).toMatchObject({ sort: 'imdb', period: undefined })
})

test('the ratings of a period are those of all pages', () => {
  const one = { count: 2, mean: 4, period: 'week' } as const
  const withRecent = (id: string) => ({ ...page('2', id), recent: new Map([[id, one]]) })
  const feed = addPage(addPage(emptyFeed(allMovies), withRecent('a')), withRecent('b'))
  expect([...feed.recent.keys()]).toEqual(['a', 'b'])
})

test('another layout is the same list', () => {
  const table: ListView = { ...allMovies, layout: 'table' }
  expect(sameList(allMovies, table)).toBe(true)
  expect(sameList(table, { ...allMovies, genres: ['War'] })).toBe(false)
})
