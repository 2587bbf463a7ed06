import { type Chunked, chunkSize, placeInChunk, setValue } from './chunks.ts'

/** The lists of genres by slot, each kept once. */
export interface GenreSets {
  /** The distinct lists. */
  readonly sets: readonly (readonly string[])[]
  /** Index in `sets` by slot. */
  readonly numberOf: Chunked<Uint32Array>
  /** Adds the genres of the next slot. */
  push(slot: number, genres: readonly string[]): void
}

export function createGenreSets(): GenreSets {
  const sets: string[][] = []
  const numbers = new Map<string, number>()
  const numberOf: Uint32Array[] = []

  function numberOfSet(genres: readonly string[]): number {
    const key = JSON.stringify(genres)
    const known = numbers.get(key)
    if (known !== undefined) return known
    numbers.set(key, sets.length)
    return sets.push([...genres]) - 1
  }

  return {
    sets,
    numberOf,
    push(slot, genres) {
      if (placeInChunk(slot) === 0) numberOf.push(new Uint32Array(chunkSize))
      setValue(numberOf, slot, numberOfSet(genres))
    },
  }
}
