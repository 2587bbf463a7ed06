import { expect, test } from 'bun:test'
import { signal } from '@preact/signals'
import { emptyFeed, type Feed, fallBack } from '../list/feed.ts'
import { allMovies, type ListView } from '../list/list-view.ts'
import { positionOf } from './list-position.ts'

const movies = ['heat', 'alien', 'up'].map((id) => ({
  ...{ id, title: id, description: '', director: '', releaseDate: '' },
  genres: [],
}))

const listOf = (view: Partial<ListView>, change = (feed: Feed) => feed) => {
  const feed = { ...change(emptyFeed({ ...allMovies, ...view })), movies }
  return { state: signal({ feed, status: 'ready' as const, failureCount: 0 }) }
}

test('a movie of the top list has a rank and neighbours', () => {
  const position = positionOf(listOf({}), 'alien')
  expect(position?.text).toBe('Top rated (no. 2)')
  expect(position?.rank).toBe(2)
  expect([position?.previous?.id, position?.next?.id]).toEqual(['heat', 'up'])
})

test.each<Partial<ListView>>([
  { query: 'a', sort: 'relevance' },
  { genres: ['Drama'] },
  { sort: 'year' },
  { descending: false },
])('a movie of the list %j has a place in it, and no rank', (view) => {
  const position = positionOf(listOf(view), 'alien')
  expect(position?.text).toEndWith('(no. 2)')
  expect(position?.rank).toBeUndefined()
})

test('a movie has no rank while the top list is in the order of IMDb', () => {
  const list = listOf({}, (feed) => fallBack(feed, 'no-ratings'))
  expect(positionOf(list, 'heat')?.rank).toBeUndefined()
})

test('a movie that the loaded list does not have has no place', () => {
  expect(positionOf(listOf({}), 'jaws')).toBeUndefined()
})
