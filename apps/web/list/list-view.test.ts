import { expect, test } from 'bun:test'
import { allMovies, hasFilters, listPath, parseListView, withoutFilters } from './list-view.ts'

const parse = (search: string) => parseListView(new URLSearchParams(search))

test.each([
  '/',
  '/?q=kubrick',
  '/?genre=Horror&decade=1980&sort=year&dir=asc',
  '/?genre=Horror&genre=Drama&min=3.5&rated=hide',
  '/?q=alien&sort=title&dir=desc&view=table',
  '/?director=Stanley+Kubrick&rated=none',
  '/?sort=title&from=M',
])('the URL %s says what the list shows', (path) => {
  expect(listPath(parse(path.slice(1)))).toBe(path)
})

test('a URL without parameters is the top list, and a search is by relevance', () => {
  expect(parse('')).toEqual(allMovies)
  expect(parse('q=alien').sort).toBe('relevance')
  expect(parse('sort=title').descending).toBe(false)
  expect(parse('sort=year').descending).toBe(true)
})

test('parameters that are not valid are ignored', () => {
  const view = parse('sort=size&decade=1985&min=nine&rated=perhaps&view=cube&genre=&dir=desc')
  expect(view).toEqual(allMovies)
  expect(parse('sort=relevance').sort).toBe('top')
})

test('a query is cut to what a search takes', () => {
  expect(parse(`q=${'x'.repeat(300)}`).query).toHaveLength(200)
})

test('clearing the filters keeps query, order and layout', () => {
  const view = parse('q=a&genre=Drama&decade=1990&sort=year&view=table')
  expect(hasFilters(view)).toBe(true)
  const cleared = withoutFilters(view)
  expect(hasFilters(cleared)).toBe(false)
  expect(listPath(cleared)).toBe('/?q=a&sort=year&view=table')
})
