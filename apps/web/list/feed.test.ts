import { expect, test } from 'bun:test'
import type { Movie } from '../catalogue/movie.ts'
import { addPage, emptyFeed, skipTop } from './feed.ts'

const movies = (...ids: string[]): Movie[] =>
  ids.map((id) => ({ id, title: id, description: '', director: '', releaseDate: '', genres: [] }))
const page = (nextPageToken: string, ...ids: string[]) => ({
  movies: movies(...ids),
  nextPageToken,
})
const ids = (feed: { movies: readonly Movie[] }) => feed.movies.map(({ id }) => id)

test('the top list is followed by the rest of the catalogue, each movie once', () => {
  const top = addPage(addPage(emptyFeed('top'), page('2', 'm', 'k')), page('', 'z'))
  expect(top).toMatchObject({ order: 'title', pageToken: '', topCount: 3, finished: false })
  const rest = addPage(addPage(top, page('3', 'a', 'k')), page('', 'm', 'z', 'zz'))
  expect(ids(rest)).toEqual(['m', 'k', 'z', 'a', 'zz'])
  expect(rest).toMatchObject({ topCount: 3, finished: true })
})

test('an empty top list is followed by the whole catalogue', () => {
  const feed = addPage(addPage(emptyFeed('top'), page('')), page('', 'a'))
  expect(feed).toMatchObject({ topCount: 0, finished: true, withoutTop: false })
  expect(ids(feed)).toEqual(['a'])
})

test('a top list that fails to load is skipped', () => {
  const feed = addPage(skipTop(emptyFeed('top')), page('', 'a'))
  expect(feed).toMatchObject({ withoutTop: true, topCount: 0, finished: true })
})

test('a movie that moved to the next page between two requests is shown once', () => {
  const feed = addPage(addPage(emptyFeed('title'), page('2', 'a', 'b')), page('', 'b', 'c'))
  expect(ids(feed)).toEqual(['a', 'b', 'c'])
})
