import type { Movie } from '../catalogue/movie.ts'
import type { PageProps } from '../page-props.ts'
import { ratingKey } from './keys.ts'
import type { Value } from './own-rating.ts'

type RatingParts = Pick<PageProps, 'ownRatings' | 'toasts'>
type KeyParts = RatingParts & Pick<PageProps, 'ratingCache' | 'singleKeys'>

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

/** Rates a movie by a key that is pressed within its card or row. */
export function rateByKey(
  parts: KeyParts,
  movie: Pick<Movie, 'id' | 'title'>,
  event: KeyboardEvent,
): void {
  // In a menu of values, keys select an option.
  if (!parts.singleKeys.peek() || event.target instanceof HTMLSelectElement) return
  const key = ratingKey(event, parts.ratingCache.scale.peek())
  if (!key) return
  event.preventDefault()
  rateMovie(parts, movie, key.value)
}
