import { type Bits, forEachBit } from './bits.ts'
import type { Columns } from './columns.ts'

/** Numbers of movies by what a filter can ask for, the most frequent first. */
export interface Facets {
  readonly genres: readonly FacetValue<string>[]
  /** By the first year of the decade. */
  readonly decades: readonly FacetValue<number>[]
}

export interface FacetValue<Value> {
  readonly value: Value
  readonly count: number
}

/** Maximum number of values of a facet. */
const valueCountMax = 100
/** Number of decades from the year 0. The contract has years up to 2200. */
const decadeCount = 221

export function createFacetCounter(columns: Columns) {
  const byGenreSet = new Uint32Array(columns.genreSets.length)
  const byDecade = new Uint32Array(decadeCount)
  const { year: years } = columns.numbers()
  return {
    /** Counts places of a chunk. */
    addAll(chunk: number, places: Bits): void {
      const genreSets = columns.genreSetOf[chunk] as Uint32Array
      const ownYears = years[chunk] as Float64Array
      forEachBit(places, (place) => {
        const genreSet = genreSets[place] as number
        byGenreSet[genreSet] = (byGenreSet[genreSet] ?? 0) + 1
        // An unknown year is no index.
        const decade = Math.floor((ownYears[place] as number) / 10)
        if (decade >= 0 && decade < decadeCount) byDecade[decade] = (byDecade[decade] as number) + 1
      })
    },
    facets: (): Facets => ({
      genres: mostFrequent(countGenres(byGenreSet, columns)),
      decades: mostFrequent(countDecades(byDecade)),
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
