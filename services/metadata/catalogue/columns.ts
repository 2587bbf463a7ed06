import type { Metadata } from '../metadata.ts'
import type { MovieRating } from '../ratings/rated-movies.ts'
import { type Bits, noBits } from './bits.ts'
import { inTurns, type Pause } from './pause.ts'
import { compact, type Words } from './words.ts'

/** Properties of metadata with numbers. An unknown one is `NaN`. */
const metadataNames = ['year', 'runningTimeMinutes', 'imdbRating', 'imdbVotes'] as const
/** Properties of ratings. Without ratings, the count is 0, and the others are `NaN`. */
const ratingNames = ['ratingCount', 'ratingMean', 'ratingScore'] as const

export const numberNames = [...metadataNames, ...ratingNames] as const
export type NumberName = (typeof numberNames)[number]

/** Values by property, then by slot. */
export type Numbers = Readonly<Record<NumberName, Float64Array>>

/** Values that `rate` copies before it changes them. */
export interface HeldNumbers extends Disposable {
  readonly numbers: Numbers
}

export function isOfRatings(name: NumberName): boolean {
  return (ratingNames as readonly string[]).includes(name)
}

/**
 * Values that lists compare, by slot. A movie has one slot, until it is put again: it then gets a
 * new one, at the end. So whatever is added in the order of slots stays in this order.
 */
export interface Columns {
  readonly ids: string[]
  readonly titles: string[]
  /** See `compact`. */
  readonly compactTitles: string[]
  readonly directors: string[]
  /** Index in `genreSets`. */
  readonly genreSetOf: number[]
  /** The distinct lists of genres. */
  readonly genreSets: (readonly string[])[]
  /** Returns the values of all slots. Those of metadata never change. */
  numbers(): Numbers
  /** Returns the values of all slots. Those of ratings do not change until it is disposed. */
  hold(): HeldNumbers
  /** Returns the values of all slots, without ratings: for other ratings than those of `rate`. */
  unrated(pause: Pause): Promise<Numbers>
  /** Number of slots, with those that no movie has any more. */
  size(): number
  /** Slots that a movie has. */
  alive(): Bits
  slotOf(id: string): number | undefined
  /** Number of movies. */
  count(): number
  /** Adds a movie, or replaces it. Returns its new slot. */
  put(movie: Metadata, words: Words, rating: MovieRating | undefined): number
  remove(id: string): boolean
  /** Sets the rating of a movie. Does nothing without the movie. */
  rate(id: string, rating: MovieRating | undefined): void
}

export function createColumns(): Columns {
  const slots = new Map<string, number>()
  const columns = { ...texts(), genreSets: [] as string[][] }
  const genreSetNumbers = new Map<string, number>()
  let current = unheld(allNumbers(64))
  /** Values that nobody holds any more, to copy into. */
  let spare: Numbers | undefined
  let alive = noBits(64)

  function grow(): void {
    const size = columns.ids.length
    const before = current.numbers
    if (size < before.year.length) return
    current = unheld(allNumbers(2 * size))
    spare = undefined
    for (const name of numberNames) current.numbers[name].set(before[name])
    const wider = noBits(2 * size)
    wider.set(alive)
    alive = wider
  }

  function genreSetNumber(genres: readonly string[]): number {
    const key = JSON.stringify(genres)
    const known = genreSetNumbers.get(key)
    if (known !== undefined) return known
    genreSetNumbers.set(key, columns.genreSets.length)
    return columns.genreSets.push([...genres]) - 1
  }

  function remove(id: string): boolean {
    const slot = slots.get(id)
    if (slot === undefined) return false
    slots.delete(id)
    alive[slot >>> 5] = (alive[slot >>> 5] as number) & ~(1 << (slot & 31))
    return true
  }

  return {
    ...columns,
    numbers: () => current.numbers,
    hold() {
      const held = current
      held.holderCount++
      return {
        numbers: held.numbers,
        [Symbol.dispose]() {
          held.holderCount--
          const hasSize = held.numbers.year === current.numbers.year
          if (held.holderCount === 0 && held !== current && hasSize) spare = held.numbers
        },
      }
    },
    async unrated(pause) {
      const { numbers } = current
      const size = numbers.year.length
      const ratingCount = new Float64Array(size)
      const ratingMean = new Float64Array(size)
      const ratingScore = new Float64Array(size)
      await inTurns(size, pause, (from, to) => {
        ratingMean.fill(Number.NaN, from, to)
        ratingScore.fill(Number.NaN, from, to)
      })
      return { ...numbers, ratingCount, ratingMean, ratingScore }
    },
    size: () => columns.ids.length,
    alive: () => alive,
    slotOf: (id) => slots.get(id),
    count: () => slots.size,
    remove,
    rate(id, rating) {
      const slot = slots.get(id)
      if (slot === undefined) return
      if (current.holderCount > 0) {
        current = unheld(withRatingsIn(current.numbers, spare))
        spare = undefined
      }
      setRating(current.numbers, slot, rating)
    },
    put(movie, words, rating) {
      remove(movie.id)
      grow()
      const slot = columns.ids.push(movie.id) - 1
      slots.set(movie.id, slot)
      columns.titles.push(movie.title)
      columns.compactTitles.push(compact(words.inOrder))
      columns.directors.push(movie.director)
      columns.genreSetOf.push(genreSetNumber(movie.genres))
      const { numbers } = current
      for (const name of metadataNames) numbers[name][slot] = movie[name] ?? Number.NaN
      setRating(numbers, slot, rating)
      alive[slot >>> 5] = (alive[slot >>> 5] as number) | (1 << (slot & 31))
      return slot
    },
  }
}

function texts() {
  return {
    ids: [] as string[],
    titles: [] as string[],
    compactTitles: [] as string[],
    directors: [] as string[],
    genreSetOf: [] as number[],
  }
}

function allNumbers(size: number): Numbers {
  const columns = numberNames.map((name) => [name, new Float64Array(size)] as const)
  return Object.fromEntries(columns) as Record<NumberName, Float64Array>
}

function unheld(numbers: Numbers): { readonly numbers: Numbers; holderCount: number } {
  return { numbers, holderCount: 0 }
}

/** Copies the values of ratings, into the spare ones if there are any. */
function withRatingsIn(numbers: Numbers, spare: Numbers | undefined): Numbers {
  const copies = ratingNames.map((name) => {
    const copy = spare?.[name] ?? new Float64Array(numbers[name].length)
    copy.set(numbers[name])
    return [name, copy] as const
  })
  return { ...numbers, ...Object.fromEntries(copies) }
}

/** Sets the rating in a slot. Does nothing in a slot that the values do not have. */
export function setRating(numbers: Numbers, slot: number, rating: MovieRating | undefined): void {
  numbers.ratingCount[slot] = rating?.count ?? 0
  numbers.ratingMean[slot] = rating?.mean ?? Number.NaN
  numbers.ratingScore[slot] = rating?.score ?? Number.NaN
}
