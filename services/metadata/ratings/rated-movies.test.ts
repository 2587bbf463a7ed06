import { expect, test } from 'bun:test'
import { createRatedMovies } from './rated-movies.ts'

test('many ratings are forgotten in parts, and each is reported', async () => {
  const rated = createRatedMovies()
  for (let n = 0; n < 25_000; n++) rated.set(`${n}`, { count: 1, mean: 3, score: 3 })
  const forgotten = new Set<string>()
  rated.onChange((id, rating) => rating === undefined && forgotten.add(id))
  const left: number[] = []
  await rated.clear(async () => {
    left.push(rated.count())
  })
  expect(left).toEqual([15_000, 5_000])
  expect([rated.count(), forgotten.size]).toEqual([0, 25_000])
  expect(rated.ratingCount()).toBe(0)
})

test('the number of ratings follows changed, repeated, removed and refused ratings', () => {
  const rated = createRatedMovies(2)
  const rate = (id: string, count: number) => rated.set(id, { count, mean: 3, score: 3 })
  rate('a', 4)
  rate('b', 2)
  rate('a', 5)
  rate('a', 5)
  expect(rated.ratingCount()).toBe(7)
  expect(rate('no room', 9)).toBe(false)
  expect(rated.ratingCount()).toBe(7)
  rated.set('b', undefined)
  rated.set('b', undefined)
  expect(rated.ratingCount()).toBe(5)
})
