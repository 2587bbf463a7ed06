import type { Metadata } from '../metadata.ts'
import { type Bits, noBits } from './bits.ts'
import { compact, type Words } from './words.ts'

/** Properties with numbers. An unknown one is `NaN`. */
export const numberNames = ['year', 'runningTimeMinutes', 'imdbRating', 'imdbVotes'] as const
export type NumberName = (typeof numberNames)[number]

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
  numbers(name: NumberName): Float64Array
  /** Number of slots, with those that no movie has any more. */
  size(): number
  /** Slots that a movie has. */
  alive(): Bits
  slotOf(id: string): number | undefined
  /** Number of movies. */
  count(): number
  /** Adds a movie, or replaces it. Returns its new slot. */
  put(movie: Metadata, words: Words): number
  remove(id: string): boolean
}

export function createColumns(): Columns {
  const slots = new Map<string, number>()
  const columns = { ...texts(), genreSets: [] as string[][] }
  const genreSetNumbers = new Map<string, number>()
  let numbers = allNumbers(64)
  let alive = noBits(64)

  function grow(): void {
    const size = columns.ids.length
    if (size < numbers.year.length) return
    const before = numbers
    numbers = allNumbers(2 * size)
    for (const name of numberNames) numbers[name].set(before[name])
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
    numbers: (name) => numbers[name],
    size: () => columns.ids.length,
    alive: () => alive,
    slotOf: (id) => slots.get(id),
    count: () => slots.size,
    remove,
    put(movie, words) {
      remove(movie.id)
      grow()
      const slot = columns.ids.push(movie.id) - 1
      slots.set(movie.id, slot)
      columns.titles.push(movie.title)
      columns.compactTitles.push(compact(words.inOrder))
      columns.directors.push(movie.director)
      columns.genreSetOf.push(genreSetNumber(movie.genres))
      for (const name of numberNames) numbers[name][slot] = movie[name] ?? Number.NaN
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

function allNumbers(size: number): Record<NumberName, Float64Array> {
  const column = () => new Float64Array(size)
  return { year: column(), runningTimeMinutes: column(), imdbRating: column(), imdbVotes: column() }
}
