import {
  addAll,
  type Bits,
  bitsOfChunk,
  isEmpty,
  keepOnly,
  noBits,
  removeAll,
  setBit,
} from './bits.ts'
import { chunkWords, valueAt } from './chunks.ts'
import type { Columns } from './columns.ts'
import { createMatchTexts } from './match-texts.ts'
import { inTurns, type Pause } from './pause.ts'
import { type createGroups, groupLength, type Vocabulary } from './vocabulary.ts'
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
 * - `near`: when nothing matches. Every word is near one of title or director (`nearTo`), two of
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

/** A search in progress. */
interface Run extends SearchedIndex {
  readonly pause: Pause
  /** Slots by words that were read: they begin a word of title or director, or are a label. */
  readonly named: Map<string, Bits>
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
  const alive = index.columns.alive()
  const run: Run = { ...index, pause, named: new Map() }
  const found = await matchesOf(run, words)
  distinct(found, alive)
  if (tiers.some((tier) => !isEmpty(found[tier]))) return found
  return { ...found, near: keepOnly(await nearMatches(run, words), alive) }
}

/** Returns the last word when it is a year, and other words are before it. */
function yearOf(words: readonly string[]): number | undefined {
  const last = words.at(-1) ?? ''
  return words.length > 1 && /^[0-9]{4}$/.test(last) ? Number(last) : undefined
}

async function slotsOfYear({ columns, pause }: Run, year: number): Promise<Bits> {
  const size = columns.size()
  const { year: years } = columns.numbers()
  const bits = noBits(size)
  await inTurns(size, pause, (from, to) => {
    for (let slot = from; slot < to; slot++) if (valueAt(years, slot) === year) setBit(bits, slot)
  })
  return bits
}

/** Matches each tier but the last one, also in slots that no movie has any more. */
async function matchesOf(run: Run, words: readonly string[]): Promise<Record<Tier, Bits>> {
  const { columns } = run
  const found = emptyTiers(columns.size())
  if (words.length === 0) return found
  for (const tier of tiersOfWords) found[tier].fill(-1)
  const year = yearOf(words)
  if (year === undefined) {
    await keepMatches(run, words, found)
    await matchTitles(run, compact(words), found)
    return found
  }
  const others = words.slice(0, -1)
  await keepMatches(run, others, found)
  const rest = Object.fromEntries(tiers.map((tier) => [tier, found[tier].slice()]))
  await keepMatches(run, words.slice(-1), found)
  await matchTitles(run, compact(words), found)
  await matchTitles(run, compact(others), rest as Record<Tier, Bits>)
  const ofYear = await slotsOfYear(run, year)
  for (const tier of tiers) addAll(found[tier], keepOnly(rest[tier] as Bits, ofYear))
  return found
}

/** Tiers that have every word. A movie of any of them is also in the last one. */
const tiersOfWords = ['word', 'wordPrefix', 'director', 'mixed'] as const

/** Keeps the slots that have the words too. Reads no more words when none is left. */
async function keepMatches(
  { columns, vocabulary, pause, named }: Run,
  words: readonly string[],
  found: Record<Tier, Bits>,
): Promise<void> {
  const size = columns.size()
  for (const word of new Set(words)) {
    if (isEmpty(found.mixed)) break
    await pause()
    const { title, director } = await vocabulary.beginning(word, size, pause)
    keepOnly(found.word, vocabulary.whole('title', word, size))
    keepOnly(found.wordPrefix, title)
    keepOnly(found.director, director)
    const label = vocabulary.whole('label', word, size)
    named.set(word, addAll(addAll(title, director), label))
    keepOnly(found.mixed, named.get(word) as Bits)
  }
}

function emptyTiers(size: number): Record<Tier, Bits> {
  const empty = tiers.map((tier) => [tier, noBits(size)] as const)
  return Object.fromEntries(empty) as Record<Tier, Bits>
}

/** Matches whole titles, and their beginnings, which may be whole, too. */
async function matchTitles(
  { columns: { compactTitles }, titles, pause }: Run,
  text: string,
  { exact, prefix }: Record<Tier, Bits>,
): Promise<void> {
  const candidates = titles.candidates(text)
  const within = text.length < groupLength ? prefix : new Int32Array(exact.length)
  await inTurns(candidates.length, pause, (from, to) => {
    for (let at = from; at < to; at++) setBit(within, candidates[at] as number)
  })
  if (within === prefix) {
    for (const slot of titles.whole(text)) setBit(exact, slot)
    return
  }
  const isWhole = createMatchTexts({ kind: 'text', orders: 2, value: text })
  const isBeginning = createMatchTexts({ kind: 'textPart', method: 'startsWith', value: text })
  await inTurns(
    within.length / chunkWords,
    pause,
    (from, to) => {
      for (let chunk = from; chunk < to; chunk++) {
        const [texts, places] = [compactTitles.chunk(chunk), bitsOfChunk(within, chunk)]
        isWhole(texts, places, bitsOfChunk(exact, chunk))
        isBeginning(texts, places, bitsOfChunk(prefix, chunk))
      }
    },
    chunksPerTurn,
  )
}

/** Number of chunks of titles that one turn of the event loop compares. */
const chunksPerTurn = 8

/** Leaves each slot to its best tier, and only those of movies. */
function distinct(found: Record<Tier, Bits>, alive: Bits): void {
  const better = new Int32Array(alive.length)
  for (const tier of tiers) {
    keepOnly(removeAll(found[tier], better), alive)
    addAll(better, found[tier])
  }
}

async function nearMatches(run: Run, words: readonly string[]): Promise<Bits> {
  const { vocabulary, pause } = run
  const size = run.columns.size()
  if (words.length === 0) return noBits(size)
  const found = noBits(size).fill(-1)
  for (const word of new Set(words)) {
    if (isEmpty(found)) break
    await pause()
    const matches = run.named.get(word) ?? (await namedBy(run, word))
    addAll(matches, await vocabulary.near(word, size, pause))
    for (const [left, right] of halves(word, vocabulary)) {
      const both = wholeName(left, vocabulary, size)
      addAll(matches, keepOnly(both, wholeName(right, vocabulary, size)))
    }
    keepOnly(found, matches)
  }
  return found
}

async function namedBy({ columns, vocabulary, pause }: Run, word: string): Promise<Bits> {
  const size = columns.size()
  const { title, director } = await vocabulary.beginning(word, size, pause)
  return addAll(addAll(title, director), vocabulary.whole('label', word, size))
}

function wholeName(word: string, vocabulary: Vocabulary, size: number): Bits {
  return addAll(vocabulary.whole('title', word, size), vocabulary.whole('director', word, size))
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
