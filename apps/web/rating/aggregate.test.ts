import { expect, test } from 'bun:test'
import { create } from '@bufbuild/protobuf'
import { MovieDetailsSchema, RatingStatus } from '@marquee/client/movie'
import { AggregatedRatingSchema, ScaleSchema } from '@marquee/client/rating'
import { readMovieRating } from '../catalogue/movie.ts'
import { ratingText, readRating, sameRating } from './aggregate.ts'
import { createRatingCache } from './rating-cache.ts'
import { defaultScale } from './scale.ts'

const tens = { min: 1, max: 10, step: 1 }
const ofTen = create(AggregatedRatingSchema, {
  count: 3n,
  mean: 8,
  histogram: [0n, 0n, 0n, 0n, 0n, 1n, 0n, 0n, 2n],
  scale: tens,
})

test('a histogram is read by the scale of its message', () => {
  const rating = readRating(ofTen)
  expect(rating).toEqual({
    status: 'rated',
    aggregate: {
      count: 3,
      mean: 8,
      score: 0,
      histogram: [0, 0, 0, 0, 0, 1, 0, 0, 2, 0],
      scale: tens,
    },
  })
  expect(ratingText(rating)).toBe('8.0 of 10 from 3 ratings')
})

test('a message without a scale has half stars', () => {
  const histogram = [0n, 0n, 0n, 0n, 0n, 0n, 1n, 0n, 0n, 0n]
  const rating = readRating(create(AggregatedRatingSchema, { count: 1n, mean: 3.5, histogram }))
  expect(ratingText(rating)).toBe('3.5 of 5 from 1 rating')
})

test('ratings on different scales differ', () => {
  const { scale: _, ...rest } = ofTen
  expect(sameRating(readRating(ofTen), readRating(ofTen))).toBe(true)
  expect(sameRating(readRating(ofTen), readRating({ ...rest }))).toBe(false)
})

test('the scale of movies is known from any of them, rated or not', () => {
  const cache = createRatingCache((callback) => callback())
  cache.set('alien', readRating(undefined))
  expect(cache.scale.value).toEqual(defaultScale)
  cache.set('heat', readRating(create(AggregatedRatingSchema, { scale: tens })))
  expect(cache.scale.value).toEqual(tens)
  const ratingScale = create(ScaleSchema, { min: 0, max: 1, step: 1 })
  const unrated = { ratingStatus: RatingStatus.NOT_RATED, ratingScale }
  cache.set('brazil', readMovieRating(create(MovieDetailsSchema, unrated)))
  expect(cache.scale.value).toEqual({ min: 0, max: 1, step: 1 })
})
