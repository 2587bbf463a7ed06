import { batch, type Signal, signal } from '@preact/signals'
import { createFrameGatherer } from '../live/frame.ts'
import { type Rating, sameRating, unknownRating } from './aggregate.ts'

/** The newest known rating of each movie, for everything that shows one. */
export interface RatingBoard {
  of(movieId: string): Signal<Rating>
  /** At once: with the answer that brings the movie itself. */
  set(movieId: string, rating: Rating): void
  /** In the next frame, with whatever else has come until then. */
  gather(movieId: string, rating: Rating): void
}

export function createRatingBoard(requestFrame: (callback: () => void) => unknown): RatingBoard {
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
  const gatherer = createFrameGatherer<string, Rating>((changes) => {
    batch(() => {
      for (const [movieId, rating] of changes) set(movieId, rating)
    })
  }, requestFrame)
  return { of, set, gather: gatherer.put }
}
