import { type Bits, forEachBit } from './bits.ts'
import type { Columns } from './columns.ts'

/** Numbers of movies by what a filter can ask for. */
export interface Facets {
  /** The most frequent first. */
  readonly genres: readonly FacetValue<string>[]
  /** By the first year of the decade, the most frequent first. */
  readonly decades: readonly FacetValue<number>[]
  /** By the letter from A to Z with which the title begins, in this order. */
  readonly letters: readonly FacetValue<string>[]
}

export interface FacetValue<Value> {
  readonly value: Value
  readonly count: number
}

/** Maximum number of values of a facet. */
const valueCountMax = 100
/** Number of decades from the year 0. The contract has years up to 2200. */
const decadeCount = 221
const codeOfA = 0x41
const letterCount = 26

export function createFacetCounter(columns: Columns) {
  const byGenreSet = new Uint32Array(columns.genreSets.length)
  const byDecade = new Uint32Array(decadeCount)
  const byLetter = new Uint32Array(letterCount)
  const { year: years } = columns.numbers()
  return {
    /** Counts places of a chunk. */
    addAll(chunk: number, places: Bits): void {
      const genreSets = columns.genreSetOf[chunk] as Uint32Array
      const ownYears = years[chunk] as Float64Array
      const { text, starts } = columns.titles.chunk(chunk)
      forEachBit(places, (place) => {
        const genreSet = genreSets[place] as number
        byGenreSet[genreSet] = (byGenreSet[genreSet] ?? 0) + 1
        // An unknown year is no index.
        const decade = Math.floor((ownYears[place] as number) / 10)
        if (decade >= 0 && decade < decadeCount) byDecade[decade] = (byDecade[decade] as number) + 1
        const letter = text.charCodeAt(starts[place] as number) - codeOfA
        if (letter >= 0 && letter < letterCount) byLetter[letter] = (byLetter[letter] as number) + 1
      })
    },
    facets: (): Facets => ({
      genres: mostFrequent(countGenres(byGenreSet, columns)),
      decades: mostFrequent(countDecades(byDecade)),
      letters: [...byLetter].flatMap((count, index) => {
        return count > 0 ? [{ value: String.fromCharCode(codeOfA + index), count }] : []
      }),
    }),
  }
}

function countGenres(byGenreSet: Uint32Array, { genreSets }: Columns): Map<string, number> {
  const genres = new Map<string, number>()
  for (const [number, count] of byGenreSet.entries()) {
    for (const genre of count > 0 ? new Set(genreSets[number]) : []) {
      genres.set(genre, (genres.get(genre) ?? 0) + count)
    }
  }
  return genres
}

function countDecades(byDecade: Uint32Array): Map<number, number> {
  const known = [...byDecade].flatMap((count, decade) => {
    return count > 0 ? [[10 * decade, count] as const] : []
  })
  return new Map(known)
}

function mostFrequent<Value extends string | number>(
  counts: ReadonlyMap<Value, number>,
): FacetValue<Value>[] {
  const values = Array.from(counts, ([value, count]) => ({ value, count }))
  return values
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, valueCountMax)
}
