import { batch, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { createFrameBatch } from '../live/frame-batch.ts'
import { type Rating, sameRating, unknownRating } from './aggregate.ts'
import { defaultScale, type Scale, sameScale } from './scale.ts'

/** The newest known rating of each movie, shared by everything that shows one. */
export interface RatingCache {
  /** The scale of movies: that of the newest rating. Default: half stars. */
  readonly scale: ReadonlySignal<Scale>
  of(movieId: string): Signal<Rating>
  /** Sets the rating at once, together with the movie of the same response. */
  set(movieId: string, rating: Rating): void
  /** Sets the rating in the next frame, together with all that arrive until then. */
  setNextFrame(movieId: string, rating: Rating): void
}

export function createRatingCache(requestFrame: (callback: () => void) => unknown): RatingCache {
  const ratings = new Map<string, Signal<Rating>>()
  const scale = signal(defaultScale)
  const of = (movieId: string) => {
    const known = ratings.get(movieId) ?? signal(unknownRating)
    ratings.set(movieId, known)
    return known
  }
  const set = (movieId: string, rating: Rating) => {
    const read = scaleOf(rating)
    if (read && !sameScale(scale.peek(), read)) scale.value = read
    const shown = of(movieId)
    if (!sameRating(shown.value, rating)) shown.value = rating
  }
  const frameBatch = createFrameBatch<string, Rating>((changes) => {
    batch(() => {
      for (const [movieId, rating] of changes) set(movieId, rating)
    })
  }, requestFrame)
  return { scale, of, set, setNextFrame: frameBatch.put }
}

function scaleOf(rating: Rating): Scale | undefined {
  if (rating.status === 'rated') return rating.aggregate.scale
  return rating.status === 'not-rated' ? rating.scale : undefined
}
