import type { AggregatedRating } from '@marquee/client/rating'
import { readScale, type Scale, sameScale, valuesOf } from './scale.ts'

/** The ratings of a movie by all people. */
export interface Aggregate {
  readonly count: number
  readonly mean: number
  /** The Bayesian score, by which the top list is ordered. */
  readonly score: number
  /** Number of ratings of each value of the scale. */
  readonly histogram: readonly number[]
  readonly scale: Scale
}

/** `unknown` until the first response arrives. */
export type Rating =
  | { readonly status: 'rated'; readonly aggregate: Aggregate }
  | { readonly status: 'not-rated'; readonly scale?: Scale }
  | { readonly status: 'unavailable' | 'unknown' }

export const unavailable: Rating = { status: 'unavailable' }
export const unknownRating: Rating = { status: 'unknown' }

/** An absent message, or one with a count of 0, is `not-rated`. */
export function readRating(message: AggregatedRating | undefined): Rating {
  const count = Number(message?.count ?? 0)
  if (!message) return { status: 'not-rated' }
  const scale = readScale(message.scale)
  if (count === 0) return { status: 'not-rated', scale }
  const histogram = valuesOf(scale).map((_, index) => Number(message.histogram[index] ?? 0))
  const { mean, bayesianScore: score } = message
  return { status: 'rated', aggregate: { count, mean, score, histogram, scale } }
}

export function sameRating(one: Rating, other: Rating): boolean {
  if (one.status !== 'rated' || other.status !== 'rated') return one.status === other.status
  const { count, mean, histogram, scale } = one.aggregate
  return (
    count === other.aggregate.count &&
    mean === other.aggregate.mean &&
    sameScale(scale, other.aggregate.scale) &&
    histogram.every((part, index) => part === other.aggregate.histogram[index])
  )
}

export const wholeNumber = new Intl.NumberFormat('en')
const shortNumber = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** `1 rating`, `12,345 ratings`. */
export function countText(count: number): string {
  return `${wholeNumber.format(count)} ${ratingsNoun(count)}`
}

export function ratingsNoun(count: number): string {
  return count === 1 ? 'rating' : 'ratings'
}

/** `12.3K`, for narrow places. */
export function shortCount(count: number): string {
  return shortNumber.format(count)
}

export function meanText(mean: number, digits = 1): string {
  return mean.toFixed(digits)
}

/** A value and the best one, such as `3.5 of 5`. */
export function valueText(value: number | string, { max }: Scale): string {
  return `${value} of ${max}`
}

/** For screen readers: `4.2 of 5 from 12 ratings`. */
export function ratingText(rating: Rating): string {
  switch (rating.status) {
    case 'rated': {
      const { count, mean, scale } = rating.aggregate
      return `${valueText(meanText(mean), scale)} from ${countText(count)}`
    }
    case 'not-rated':
      return 'Not rated yet'
    case 'unavailable':
      return 'Ratings are offline'
    case 'unknown':
      return 'Loading the rating'
  }
}
