import { compareCodePoints } from '@marquee/sql/code-points'
import type { StoredMetadata } from '../metadata.ts'
import type { ListOptions, ListPage, ListPosition } from './port.ts'
import type { Slices } from './slices.ts'

/** Limits of one search, whatever the size of the catalogue and the words of the query. */
export const searchLimits = {
  /**
   * Maximum number of movies with a rare word. A search with a rare word reads only these movies,
   * and sorts them.
   */
  rareCountMax: 10_000,
  /**
   * Maximum number of movies that a search without a rare word reads, in the order of the
   * catalogue. Most pages are full long before.
   */
  walkedCountMax: 50_000,
  /** Maximum number of movies read in one event-loop turn. */
  sliceSize: 500,
}

export type SearchLimits = Readonly<typeof searchLimits>

/** Index that a search reads. The cost of each call is bounded by its arguments. */
export interface SearchIndex {
  /**
   * Counts the words of the catalogue that begin with each of these. A count may stop at `max`, and
   * at the lowest count so far.
   */
  count(words: readonly string[], max: number, signal?: AbortSignal): Promise<readonly number[]>
  /** Returns a page of the movies with all words, among the movies with the rare word. */
  among(rare: string, options: ListOptions): Promise<StoredMetadata[]>
  /** Returns at most `limit` movies with all words, among the `size` movies after the position. */
  walk(options: ListOptions, size: number): Promise<Walked>
}

export interface Walked {
  readonly movies: readonly StoredMetadata[]
  /** Last position that was read, or `undefined` at the end of the catalogue. */
  readonly end: ListPosition | undefined
}

/**
 * Searches by the rarest word. When every word is common, walks the catalogue in order until the
 * page is full.
 */
export async function search(
  index: SearchIndex,
  options: ListOptions,
  limits: SearchLimits = searchLimits,
): Promise<ListPage> {
  const { words, limit } = options
  const counts = await index.count(words, limits.rareCountMax + 1, options.signal)
  const fewest = Math.min(...counts)
  if (fewest === 0) return { movies: [], next: undefined }
  if (fewest > limits.rareCountMax) return walk(index, options, limits)
  const movies = await index.among(words[counts.indexOf(fewest)] ?? '', options)
  return pageOf(movies, limit)
}

async function walk(
  index: SearchIndex,
  options: ListOptions,
  { walkedCountMax, sliceSize }: SearchLimits,
): Promise<ListPage> {
  const movies: StoredMetadata[] = []
  let { after } = options
  for (let walked = 0; walked < walkedCountMax; walked += sliceSize) {
    options.signal?.throwIfAborted()
    const limit = options.limit - movies.length
    const slice = await index.walk({ ...options, limit, ...(after && { after }) }, sliceSize)
    movies.push(...slice.movies)
    if (movies.length === options.limit || slice.end === undefined) break
    after = slice.end
    if (walked + sliceSize >= walkedCountMax) return { movies, next: after }
  }
  return pageOf(movies, options.limit)
}

/** Number of words counted in one slice. Each takes up to a few hundred microseconds. */
const countedSliceSize = 4

/** Implements `SearchIndex.count` for a store that counts in this thread. */
export async function countEach(
  words: readonly string[],
  {
    max,
    count,
    slices,
    signal,
  }: {
    readonly max: number
    readonly count: (word: string, max: number) => number
    readonly slices: Slices
    readonly signal: AbortSignal | undefined
  },
): Promise<number[]> {
  const counts: number[] = []
  let fewest = max
  for (const [index, word] of words.entries()) {
    if (index > 0 && index % countedSliceSize === 0) await slices.next(signal)
    fewest = Math.min(fewest, count(word, fewest))
    counts.push(fewest)
    if (fewest === 0) break
  }
  return counts
}

/** Compares by title, then id, in the order of the catalogue. */
export function comparePositions(a: ListPosition, b: ListPosition): number {
  return compareCodePoints(a.title, b.title) || compareCodePoints(a.id, b.id)
}

/** Creates a page. One that is not full is the last one. */
export function pageOf(movies: readonly StoredMetadata[], limit: number): ListPage {
  const last = movies.length === limit ? movies.at(-1) : undefined
  return { movies, next: last && { title: last.title, id: last.id } }
}
