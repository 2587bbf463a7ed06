import { expect, test } from 'bun:test'
import {
  allMovies,
  hasFilters,
  listPath,
  parseListView,
  sortName,
  withoutFilters,
} from './list-view.ts'

const parse = (search: string) => parseListView(new URLSearchParams(search))

test.each([
  '/',
  '/?q=kubrick',
  '/?genre=Horror&decade=1980&sort=year&dir=asc',
  '/?genre=Horror&genre=Drama&min=3.5&rated=hide',
  '/?q=alien&sort=title&dir=desc&view=table',
  '/?director=Stanley+Kubrick&rated=none',
  '/?sort=title&from=M',
  '/?period=week',
  '/?q=alien&genre=Horror&sort=top&period=month',
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
  const view = parse(
    'sort=size&decade=1985&min=nine&rated=perhaps&view=cube&genre=&dir=desc&period=year',
  )
  expect(view).toEqual(allMovies)
  expect(parse('sort=relevance').sort).toBe('top')
})

test('only the top list has a period, which it keeps without its filters', () => {
  expect(parse('sort=count&period=week').period).toBeUndefined()
  expect(parse('q=alien&period=week').period).toBeUndefined()
  expect(parse('period=week&rated=none').period).toBeUndefined()
  const view = parse('period=week&genre=Drama')
  expect(listPath({ ...view, sort: 'year' })).toBe('/?genre=Drama&sort=year')
  expect(listPath(withoutFilters(view))).toBe('/?period=week')
  expect(sortName(view)).toBe('Top this week')
  expect(sortName({ ...view, descending: false })).toBe('Lowest this week')
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
