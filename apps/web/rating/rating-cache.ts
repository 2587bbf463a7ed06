import { batch, type Signal, signal } from '@preact/signals'
import { createFrameBatch } from '../live/frame-batch.ts'
import { type Rating, sameRating, unknownRating } from './aggregate.ts'

/** The newest known rating of each movie, shared by everything that shows one. */
export interface RatingCache {
  of(movieId: string): Signal<Rating>
  /** Sets the rating at once, together with the movie of the same response. */
  set(movieId: string, rating: Rating): void
  /** Sets the rating in the next frame, together with all that arrive until then. */
  setNextFrame(movieId: string, rating: Rating): void
}

export function createRatingCache(requestFrame: (callback: () => void) => unknown): RatingCache {
  const ratings = new Map<string, Signal<Rating>>()
  const of = (movieId: string) => {
    const known = ratings.get(movieId) ?? signal(unknownRating)
    ratings.set(movieId, known)
    return known
  }
  const set = (movieId: string, rating: Rating) => {
    const shown = of(movieId)
    if (!sameRating(shown.value, rating)) shown.value = rating
  }
  const frameBatch = createFrameBatch<string, Rating>((changes) => {
    batch(() => {
      for (const [movieId, rating] of changes) set(movieId, rating)
    })
  }, requestFrame)
  return { of, set, setNextFrame: frameBatch.put }
}
