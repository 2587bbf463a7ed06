import type { Movie } from '../catalogue/movie.ts'
import type { PageProps } from '../page-props.ts'
import type { Value } from './own-rating.ts'

type RatingParts = Pick<PageProps, 'ownRatings' | 'toasts'>

/** Rates a movie for this person, or removes the rating, and offers to undo it. */
export function rateMovie(
  { ownRatings, toasts }: RatingParts,
  { id, title }: Pick<Movie, 'id' | 'title'>,
  value: Value | undefined,
): void {
  const before = ownRatings.of(id).peek().wanted
  if (before === value) return
  ownRatings.rate(id, value)
  toasts.show({
    subject: id,
    text: value === undefined ? `Removed your rating of ${title}` : `Rated ${title} ${value}`,
    undo: () => ownRatings.rate(id, before),
  })
}
