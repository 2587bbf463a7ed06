import type { MovieRating } from '../ratings/rated-movies.ts'
import { chunkSize, placeInChunk } from './chunks.ts'
import type { Columns, Numbers } from './columns.ts'
import { inTurns, type Pause } from './pause.ts'
import { addUnrated, noRatings, type RatingColumns, setRating } from './rating-columns.ts'

/** Ratings by movie id that never change. */
type Ratings = ReadonlyMap<string, MovieRating>

/** Numbers that have other ratings than those of `rate`. */
export interface GivenRatings {
  /** Returns the values of all slots, with these ratings. */
  numbersWith(ratings: Ratings, pause: Pause): Promise<Numbers>
}

/**
 * Number of ratings that are kept by slot: those of the week and of the month, and the next ones of
 * either, which are prepared while lists use the former ones.
 */
const keptCountMax = 3

/** Number of ratings that a list takes over without a pause: a few milliseconds. */
const ratingsSliceSize = 2_000

interface Kept {
  readonly ratings: Ratings
  readonly columns: RatingColumns
  /** Number of slots whose rating is set. */
  size: number
}

/** Keeps the last ratings by slot, because all lists of a period share them. */
export function createGivenRatings(columns: Columns): GivenRatings {
  let kept: Kept[] = []

  async function make(ratings: Ratings, pause: Pause): Promise<Kept> {
    const made = { ratings, columns: noRatings(), size: columns.size() }
    await inTurns(made.size, pause, (from, to) => {
      for (let slot = from; slot < to; slot += chunkSize) addUnrated(made.columns)
    })
    let count = 0
    for (const [id, rating] of ratings) {
      if (++count % ratingsSliceSize === 0) await pause()
      const slot = columns.slotOf(id)
      if (slot !== undefined && slot < made.size) setRating(made.columns, slot, rating)
    }
    return made
  }

  /** Sets the ratings of the slots that are new. */
  async function complete(one: Kept, pause: Pause): Promise<void> {
    while (one.size < columns.size()) {
      if (one.size % ratingsSliceSize === 0) await pause()
      // Another list may have continued meanwhile.
      if (one.size === columns.size()) return
      const slot = one.size++
      if (placeInChunk(slot) === 0) addUnrated(one.columns)
      setRating(one.columns, slot, one.ratings.get(columns.ids.get(slot)))
    }
  }

  return {
    async numbersWith(ratings, pause) {
      const one = kept.find((other) => other.ratings === ratings) ?? (await make(ratings, pause))
      kept = [one, ...kept.filter((other) => other.ratings !== ratings)].slice(0, keptCountMax)
      await complete(one, pause)
      return { ...columns.numbers(), ...one.columns }
    },
  }
}
