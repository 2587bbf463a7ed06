import { addAll, type Bits, countBits, keepOnly, noBits, removeAll, setBit } from './bits.ts'
import type { Columns } from './columns.ts'
import type { Pause } from './pause.ts'
import type { createGroups, Field, Vocabulary } from './vocabulary.ts'
import { compact, wordsOf } from './words.ts'

/**
 * How well a movie matches a query, from the best.
 *
 * - `exact`: the title is the query, without regard to spaces and an article at the beginning.
 * - `prefix`: the title begins with the query.
 * - `word`: the title has every word of the query.
 * - `wordPrefix`: every word of the query begins a word of the title.
 * - `director`: every word begins a word of the director's name.
 * - `mixed`: every word begins a word of title or director, or is the year or a word of a genre.
 * - `near`: when nothing matches. Every word is near one of title or director (`isNear`), two of
 *   them in one, or one of the matches above.
 *
 * A year at the end of a query may also name the year of the movie, and the rest match as above.
 */
export const tiers = ['exact', 'prefix', 'word', 'wordPrefix', 'director', 'mixed', 'near'] as const
export type Tier = (typeof tiers)[number]

/** Maximum number of words that are compared. Of a longer query, the first ones count. */
export const queryWordsMax = 32

/** The parts of a catalogue that a search reads. */
export interface SearchedIndex {
  readonly columns: Columns
  readonly vocabulary: Vocabulary
  /** Slots by the beginning of `compactTitles`. */
  readonly titles: ReturnType<typeof createGroups>
}

/** The slots of a query by tier, without those of a better one. */
export type SlotsByTier = Readonly<Record<Tier, Bits>>

/** Finds the movies of a query. A query without a word finds none. */
export async function search(
  index: SearchedIndex,
  query: string,
  pause: Pause,
): Promise<SlotsByTier> {
  const words = wordsOf(query).inOrder.slice(0, queryWordsMax)
  const alive = index.columns.alive().slice(0, (index.columns.size() + 31) >>> 5)
  const found = await matchesOf(index, words, pause)
  const year = yearOf(words)
  if (year !== undefined) {
    const rest = await matchesOf(index, words.slice(0, -1), pause)
    const ofYear = slotsOfYear(index.columns, year)
    for (const tier of tiers) addAll(found[tier], keepOnly(rest[tier], ofYear))
  }
  distinct(found, alive)
  if (tiers.some((tier) => countBits(found[tier]) > 0)) return found
  return { ...found, near: keepOnly(await nearMatches(index, words, pause), alive) }
}

/** Returns the last word when it is a year, and other words are before it. */
function yearOf(words: readonly string[]): number | undefined {
  const last = words.at(-1) ?? ''
  return words.length > 1 && /^[0-9]{4}$/.test(last) ? Number(last) : undefined
}

function slotsOfYear(columns: Columns, year: number): Bits {
  const size = columns.size()
  const { year: years } = columns.numbers()
  const bits = noBits(size)
  for (let slot = 0; slot < size; slot++) if (years[slot] === year) setBit(bits, slot)
  return bits
}

/** Matches each tier but the last one, also in slots that no movie has any more. */
async function matchesOf(
  index: SearchedIndex,
  words: readonly string[],
  pause: Pause,
): Promise<Record<Tier, Bits>> {
  const size = index.columns.size()
  const { vocabulary } = index
  const found = emptyTiers(size)
  if (words.length === 0) return found
  matchTitles(index, compact(words), found)
  const each = [found.word, found.wordPrefix, found.director, found.mixed] as const
  for (const bits of each) bits.fill(-1)
  for (const word of new Set(words)) {
    await pause()
    const inTitle = vocabulary.beginning('title', word, size)
    const inDirector = vocabulary.beginning('director', word, size)
    keepOnly(found.word, vocabulary.whole('title', word, size))
    keepOnly(found.wordPrefix, inTitle)
    keepOnly(found.director, inDirector)
    const label = vocabulary.whole('label', word, size)
    keepOnly(found.mixed, addAll(addAll(inTitle, inDirector), label))
  }
  return found
}

function emptyTiers(size: number): Record<Tier, Bits> {
  const empty = tiers.map((tier) => [tier, noBits(size)] as const)
  return Object.fromEntries(empty) as Record<Tier, Bits>
}

/** Matches whole titles, and their beginnings. */
function matchTitles(
  { columns, titles }: SearchedIndex,
  text: string,
  { exact, prefix }: Record<Tier, Bits>,
): void {
  for (const slot of titles.candidates(text)) {
    const title = columns.compactTitles[slot] as string
    if (title === text) setBit(exact, slot)
    else if (title.startsWith(text)) setBit(prefix, slot)
  }
}

/** Leaves each slot to its best tier, and only those of movies. */
function distinct(found: Record<Tier, Bits>, alive: Bits): void {
  const better = new Uint32Array(alive.length)
  for (const tier of tiers) {
    keepOnly(removeAll(found[tier], better), alive)
    addAll(better, found[tier])
  }
}

async function nearMatches(
  { columns, vocabulary }: SearchedIndex,
  words: readonly string[],
  pause: Pause,
): Promise<Bits> {
  const size = columns.size()
  if (words.length === 0) return noBits(size)
  const found = noBits(size).fill(-1)
  const names: readonly Field[] = ['title', 'director']
  for (const word of new Set(words)) {
    await pause()
    const matches = vocabulary.whole('label', word, size)
    const slips = await vocabulary.near(word, pause)
    for (const field of names) {
      addAll(matches, vocabulary.beginning(field, word, size))
      for (const slip of slips) addAll(matches, vocabulary.whole(field, slip, size))
    }
    for (const [left, right] of halves(word, vocabulary)) {
      const both = wholeIn(names, left, vocabulary, size)
      addAll(matches, keepOnly(both, wholeIn(names, right, vocabulary, size)))
    }
    keepOnly(found, matches)
  }
  return found
}

function wholeIn(
  names: readonly Field[],
  word: string,
  vocabulary: Vocabulary,
  size: number,
): Bits {
  const bits = noBits(size)
  for (const field of names) addAll(bits, vocabulary.whole(field, word, size))
  return bits
}

/** Returns the ways to divide a word into two known ones: "starwars" into "star" and "wars". */
function halves(word: string, vocabulary: Vocabulary): [string, string][] {
  const found: [string, string][] = []
  for (let end = 1; end < word.length; end++) {
    const [left, right] = [word.slice(0, end), word.slice(end)]
    if (vocabulary.has(left) && vocabulary.has(right)) found.push([left, right])
  }
  return found
}
