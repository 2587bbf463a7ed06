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
})
