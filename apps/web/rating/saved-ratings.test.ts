import { expect, test } from 'bun:test'
import { createBrowserStorage } from '../browser-storage.ts'
import { createSavedRatings, parseRatings } from './saved-ratings.ts'

function open() {
  const window = { addEventListener() {} } as unknown as Window
  return createSavedRatings(createBrowserStorage(window))
}

test('ratings that are saved together are the newest, in their order', () => {
  const saved = open()
  saved.save([
    ['alien-1979', 5],
    ['heat-1995', 4],
    ['brazil-1985', 3],
  ])
  saved.save(
    new Map([
      ['heat-1995', 4.5],
      ['alien-1979', 5],
    ]),
  )
  expect([...saved.ratings()]).toEqual([
    ['brazil-1985', 3],
    ['heat-1995', 4.5],
    ['alien-1979', 5],
  ])
  saved.save([['alien-1979', undefined]])
  expect(saved.ratings().has('alien-1979')).toBe(false)
})

test('saved ratings are parsed only when they have changed', () => {
  const saved = open()
  saved.save([['alien-1979', 5]])
  const before = saved.ratings()
  expect(saved.ratings()).toBe(before)
  saved.save([['alien-1979', 4]])
  expect(saved.ratings().get('alien-1979')).toBe(4)
  expect(before.get('alien-1979')).toBe(5)
})

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
