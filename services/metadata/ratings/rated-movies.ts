import { setImmediate } from 'node:timers/promises'
import { createDividedMap } from '../catalogue/divided-map.ts'
import type { Pause } from '../catalogue/pause.ts'

/** Aggregate of the ratings of a movie, as far as lists need it. */
export interface MovieRating {
  /** Number of users who have rated the movie: 1 or more. */
  readonly count: number
  readonly mean: number
  /** The score by which the top list is ordered. */
  readonly score: number
}

/** The ratings of movies by id, also of movies that the catalogue does not have. */
export interface RatedMovies {
  get(id: string): MovieRating | undefined
  /**
   * Sets the rating of a movie, `undefined` when nobody rates it any more. Returns `false` when there
   * is no room.
   */
  set(id: string, rating: MovieRating | undefined): boolean
  /** Forgets all ratings, in parts of a few milliseconds. Runs `pause` between them. Default: a turn. */
  clear(pause?: Pause): Promise<void>
  /** Number of rated movies. */
  count(): number
  /** Number of ratings of all movies. */
  ratingCount(): number
  /** Calls the listener with each rating that changes. */
  onChange(listener: RatingListener): void
}

type RatingListener = (id: string, rating: MovieRating | undefined) => void

/** Maximum number of rated movies in memory. Each takes about 100 bytes. */
const ratedMoviesMax = 4_000_000

/** Number of ratings that are forgotten without a pause. */
const clearedSliceSize = 10_000

/** @param countMax Maximum number of rated movies. Further ones count as rated by nobody. */
export function createRatedMovies(countMax = ratedMoviesMax): RatedMovies {
  const ratings = createDividedMap<MovieRating>()
  const listeners: RatingListener[] = []
  let ratingCount = 0

  function set(id: string, rating: MovieRating | undefined): boolean {
    const before = ratings.get(id)
    if (rating === undefined) ratings.delete(id)
    else if (ratings.size < countMax || before) ratings.set(id, rating)
    else return false
    ratingCount += (rating?.count ?? 0) - (before?.count ?? 0)
    for (const listener of listeners) listener(id, rating)
    return true
  }

  return {
    get: (id) => ratings.get(id),
    set,
    async clear(pause = async () => setImmediate()) {
      let count = 0
      for (const id of ratings.keys()) {
        if (count > 0 && count % clearedSliceSize === 0) await pause()
        set(id, undefined)
        count++
      }
    },
    count: () => ratings.size,
    ratingCount: () => ratingCount,
    onChange: (listener) => void listeners.push(listener),
  }
}
