import type { StoredMetadata } from '../metadata.ts'
import type { ListOptions, ListPage, ListPosition } from './port.ts'
import type { Slices } from './slices.ts'

/** What one search may cost, however large the catalogue is and whatever its words are. */
export const searchLimits = {
  /** A word that is in at most so many movies is rare: these movies alone are looked at, and put in order. */
  rareCountMax: 10_000,
  /** Movies that are looked at in order of the catalogue when no word is rare. Most pages are full long before. */
  walkedCountMax: 50_000,
  /** Movies that are looked at between two turns of the event loop. */
  sliceSize: 500,
}

export type SearchLimits = Readonly<typeof searchLimits>

/** Where a search looks. What each call costs is bounded by its arguments. */
export interface SearchIndex {
  /**
   * How often words of the catalogue begin with each of these. Counting may stop at `max`, and at the lowest count so
   * far.
   */
  count(words: readonly string[], max: number, signal?: AbortSignal): Promise<readonly number[]>
  /** The page of the movies with all words, by looking at all movies with the rare one. */
  among(rare: string, options: ListOptions): Promise<StoredMetadata[]>
  /** The movies with all words, at most `limit`, among the `size` movies that follow the position. */
  walk(options: ListOptions, size: number): Promise<Walked>
}

export interface Walked {
  readonly movies: readonly StoredMetadata[]
  /** The last position that was looked at; undefined when the catalogue has ended. */
  readonly end: ListPosition | undefined
}

/** Searches by the rarest word, or, when every word is common, in order of the catalogue until the page is full. */
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

/** How many words are counted in one slice: each takes up to some hundred microseconds. */
const countedSliceSize = 4

/** `SearchIndex.count` for a store that counts in this thread. */
export async function countEach(
  words: readonly string[],
  { max, count, slices, signal }: CountOptions,
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

interface CountOptions {
  readonly max: number
  readonly count: (word: string, max: number) => number
  readonly slices: Slices
  readonly signal: AbortSignal | undefined
}

/** A page that is not full is the last one. */
export function pageOf(movies: readonly StoredMetadata[], limit: number): ListPage {
  const last = movies.length === limit ? movies.at(-1) : undefined
  return { movies, next: last && { title: last.title, id: last.id } }
}
