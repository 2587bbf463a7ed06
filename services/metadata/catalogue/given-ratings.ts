import type { MovieRating } from '../ratings/rated-movies.ts'
import { type Columns, type Numbers, setRating } from './columns.ts'
import type { Pause } from './pause.ts'

/** Ratings by movie id that never change. */
type Ratings = ReadonlyMap<string, MovieRating>

/** Numbers that have other ratings than those of `rate`. */
export interface GivenRatings {
  /** Returns the values of all slots, with these ratings. */
  numbersWith(ratings: Ratings, pause: Pause): Promise<Numbers>
}

/** Number of ratings that are kept by slot: those of the week and of the month. */
const keptCountMax = 2

/** Number of ratings that a list takes over without a pause: a few milliseconds. */
const ratingsSliceSize = 10_000

interface Kept {
  readonly ratings: Ratings
  readonly numbers: Numbers
  /** Number of slots whose rating is set. */
  size: number
}

/** Keeps the last ratings by slot, because all lists of a period share them. */
export function createGivenRatings(columns: Columns): GivenRatings {
  let kept: Kept[] = []

  function find(ratings: Ratings): Kept | undefined {
    const current = columns.numbers()
    return kept.find((one) => one.ratings === ratings && one.numbers.year === current.year)
  }

  async function make(ratings: Ratings, pause: Pause): Promise<Kept> {
    const size = columns.size()
    const numbers = await columns.unrated(pause)
    let count = 0
    for (const [id, rating] of ratings) {
      if (++count % ratingsSliceSize === 0) await pause()
      const slot = columns.slotOf(id)
      if (slot !== undefined) setRating(numbers, slot, rating)
    }
    return { ratings, numbers, size }
  }

  /** Sets the ratings of the slots that are new. */
  function complete(one: Kept): Numbers {
    for (let slot = one.size; slot < columns.size(); slot++) {
      setRating(one.numbers, slot, one.ratings.get(columns.ids[slot] as string))
    }
    one.size = columns.size()
    return one.numbers
  }

  return {
    async numbersWith(ratings, pause) {
      let one = find(ratings)
      // The columns may have grown meanwhile.
      while (one?.numbers.year !== columns.numbers().year) one = await make(ratings, pause)
      kept = [one, ...kept.filter((other) => other.ratings !== ratings)].slice(0, keptCountMax)
      return complete(one)
    },
  }
}
