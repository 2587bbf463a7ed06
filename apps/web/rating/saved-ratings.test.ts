import { expect, test } from 'bun:test'
import { parseRatings } from './saved-ratings.ts'

test('ratings are parsed as they were saved', () => {
  const ratings = new Map([
    ['alien-1979', 5],
    ['heat-1995', 4.5],
  ])
  expect(parseRatings(JSON.stringify([...ratings]))).toEqual(new Map(ratings))
})

test.each([undefined, '', '{', '{"a":5}', '[["a",1e999],["b"],7,null,[3,4],["c","5"]]'])(
  'a text that is no list of ratings has none: %p',
  (text) => {
    expect(parseRatings(text)).toEqual(new Map())
  },
)
