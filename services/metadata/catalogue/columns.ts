import type { Metadata } from '../metadata.ts'
import type { MovieRating } from '../ratings/rated-movies.ts'
import type { Bits } from './bits.ts'
import { type Chunked, chunkOf, chunkSize, chunkWords, placeInChunk, setValue } from './chunks.ts'
import { createDividedMap } from './divided-map.ts'
import { createGenreSets } from './genre-sets.ts'
import { createHeldColumn } from './held-column.ts'
import { ratingNames, ratingValue } from './rating-columns.ts'

import { createTexts, type Texts } from './texts.ts'
import { compact, type Words } from './words.ts'

/** Properties of metadata with numbers. An unknown one is `NaN`. */
const metadataNames = ['year', 'runningTimeMinutes', 'imdbRating', 'imdbVotes'] as const

export const numberNames = [...metadataNames, ...ratingNames] as const
export type NumberName = (typeof numberNames)[number]

/** Values by property, then by slot. */
export type Numbers = Readonly<Record<NumberName, Chunked<Float64Array>>>

/** Values that do not change until they are disposed. */
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
  readonly ids: Texts
  readonly titles: Texts
  /** See `compact`. */
  readonly compactTitles: Texts
  readonly directors: Texts
  /** Index in `genreSets`. */
  readonly genreSetOf: Chunked<Uint32Array>
  /** The distinct lists of genres. */
  readonly genreSets: readonly (readonly string[])[]
  /** Returns the values of all slots. Those of metadata never change. */
  numbers(): Numbers
  /** Returns the values of all slots. Those of ratings do not change until it is disposed. */
  hold(): HeldNumbers
  /** Number of slots, with those that no movie has any more. */
  size(): number
  /** Returns the slots that have a movie now. */
  alive(): Bits
  /** Returns the slots of a chunk that have a movie. They change as movies do. */
  aliveOf(chunk: number): Bits
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
  const slots = createDividedMap<number>()
  const [ids, titles] = [createTexts(), createTexts()]
  const [compactTitles, directors] = [createTexts(), createTexts()]
  const genres = createGenreSets()
  const numbersOf = mapOf(metadataNames, (): Float64Array[] => [])
  const ratings = mapOf(ratingNames, createHeldColumn)
  const alive: Bits[] = []
  let size = 0

  function grow(): void {
    if (placeInChunk(size) !== 0) return
    for (const name of metadataNames) numbersOf[name].push(new Float64Array(chunkSize))
    alive.push(new Int32Array(chunkWords))
  }

  function setAlive(slot: number, isAlive: boolean): void {
    const bits = alive[chunkOf(slot)] as Bits
    const [at, bit] = [placeInChunk(slot) >>> 5, 1 << (slot & 31)]
    bits[at] = isAlive ? (bits[at] as number) | bit : (bits[at] as number) & ~bit
  }

  function remove(id: string): boolean {
    const slot = slots.get(id)
    if (slot === undefined) return false
    slots.delete(id)
    setAlive(slot, false)
    return true
  }

  function setRatingOf(slot: number, rating: MovieRating | undefined): void {
    for (const name of ratingNames) ratings[name].set(slot, ratingValue(name, rating))
  }

  return {
    ...{ ids, titles, compactTitles, directors },
    genreSetOf: genres.numberOf,
    genreSets: genres.sets,
    numbers: () => ({ ...numbersOf, ...mapOf(ratingNames, (name) => ratings[name].values()) }),
    hold() {
      const held = mapOf(ratingNames, (name) => ratings[name].hold())
      return {
        numbers: { ...numbersOf, ...mapOf(ratingNames, (name) => held[name].values) },
        [Symbol.dispose]() {
          for (const name of ratingNames) held[name][Symbol.dispose]()
        },
      }
    },
    size: () => size,
    alive() {
      const bits = new Int32Array(alive.length * chunkWords)
      for (const [index, chunk] of alive.entries()) bits.set(chunk, index * chunkWords)
      return bits
    },
    aliveOf: (chunk) => alive[chunk] as Bits,
    slotOf: (id) => slots.get(id),
    count: () => slots.size,
    remove,
    rate(id, rating) {
      const slot = slots.get(id)
      if (slot !== undefined) setRatingOf(slot, rating)
    },
    put(movie, words, rating) {
      remove(movie.id)
      grow()
      const slot = size++
      slots.set(movie.id, slot)
      setAlive(slot, true)
      ids.push(movie.id)
      titles.push(movie.title)
      compactTitles.push(compact(words.inOrder))
      directors.push(movie.director)
      genres.push(slot, movie.genres)
      for (const name of metadataNames) setValue(numbersOf[name], slot, movie[name] ?? Number.NaN)
      setRatingOf(slot, rating)
      return slot
    },
  }
}

function mapOf<Name extends string, Value>(
  names: readonly Name[],
  create: (name: Name) => Value,
): Record<Name, Value> {
  const entries = names.map((name) => [name, create(name)] as const)
  return Object.fromEntries(entries) as Record<Name, Value>
}
