import { expect, test } from 'bun:test'
import { Period } from '@marquee/client/rating'
import { filterOf, listRequest, needsRatings, withoutRatings } from './list-request.ts'
import { allMovies, parseListView } from './list-view.ts'

const parse = (search: string) => parseListView(new URLSearchParams(search))

test.each([
  ['sort=title', ''],
  ['sort=title&from=M', 'title >= "M"'],
  ['sort=title&from=Z&dir=desc', 'title < "["'],
  ['sort=year&from=M', ''],
  ['', 'rating.count > 0'],
  ['sort=count&genre=Horror', '"Horror" in genres && rating.count > 0'],
  [
    'sort=year&genre=Drama&genre=War&decade=1990',
    '("Drama" in genres || "War" in genres) && year >= 1990 && year < 2000',
  ],
  ['director=Joel "Coen"&min=3.5', 'director == "Joel \\"Coen\\"" && rating.mean >= 3.5'],
  ['rated=none', 'rating.count == 0'],
])('the filters %j are the condition %j', (search, filter) => {
  expect(filterOf(parse(search))).toBe(filter)
})

test.each([
  ['', 'rating.bayesian_score desc'],
  ['sort=count&dir=asc', 'rating.count'],
  ['sort=year&dir=asc', 'year'],
  ['sort=title', 'title'],
  ['q=alien', ''],
])('the list %j is in the order %j', (search, orderBy) => {
  expect(listRequest(parse(search)).orderBy).toBe(orderBy)
})

test('a list of a period counts only its ratings', () => {
  const request = listRequest(parse('period=week&min=4'))
  expect(request).toMatchObject({ period: Period.WEEK, orderBy: 'rating.bayesian_score desc' })
  expect(listRequest(parse('')).period).toBeUndefined()
  expect(listRequest(withoutRatings(parse('period=month'))).period).toBeUndefined()
})

test('without ratings, a list is by votes at IMDb with the same other filters', () => {
  const view = { ...allMovies, genres: ['War'], meanMin: 3 }
  expect(needsRatings(view)).toBe(true)
  expect(needsRatings(withoutRatings(view))).toBe(false)
  expect(listRequest(withoutRatings(view), 'next')).toMatchObject({
    orderBy: 'imdb_votes desc',
    filter: '"War" in genres',
    pageToken: 'next',
  })
})
