import { type Bits, noBits } from './bits.ts'
import { createDividedMap } from './divided-map.ts'
import { lettersOf, nearDistance, nearTo } from './near.ts'
import { inTurns, type Pause } from './pause.ts'
import { createPostings, type Postings } from './postings.ts'

/** Parts of a movie that have words. Labels are its genres and year. */
export const fields = ['title', 'director', 'label'] as const
export type Field = (typeof fields)[number]
type NameField = Exclude<Field, 'label'>

/** Number of characters by which words, and whole titles, are grouped. */
export const groupLength = 3

/** Number of slots that one turn of the event loop collects: a millisecond. A word counts as some. */
const turnCost = 131_072
const wordCost = 16

/** Words with the slots that have them. Finds words by their beginning, and misspelt ones. */
export interface Vocabulary {
  /** Adds a word of a slot. Slots are added in order. */
  add(field: Field, word: string, slot: number): void
  /** Returns the slots that have this word. */
  whole(field: Field, word: string, size: number): Bits
  /** Returns the slots whose title or director has a word which begins with this one. */
  beginning(start: string, size: number, pause: Pause): Promise<Record<NameField, Bits>>
  /** Returns whether a movie has, or once had, this word in its title or director. */
  has(word: string): boolean
  /** Returns the slots whose title or director has a word that this one is near (`nearTo`). */
  near(word: string, size: number, pause: Pause): Promise<Bits>
}

export function createVocabulary(): Vocabulary {
  const numbers = createDividedMap<number>()
  const words: string[] = []
  let letters = new Int32Array(1_024)
  const groups = createGroups()
  const postings: Record<Field, Postings> = {
    title: createPostings(),
    director: createPostings(),
    label: createPostings(),
  }

  function numberOf(word: string): number {
    const known = numbers.get(word)
    if (known !== undefined) return known
    const number = words.push(word) - 1
    numbers.set(word, number)
    if (number === letters.length) letters = grown(letters)
    letters[number] = lettersOf(word)
    groups.add(word, number)
    return number
  }

  /** Adds the slots of many words. */
  async function collectAll(
    numbers: readonly number[],
    { title, director }: Record<NameField, Bits>,
    pause: Pause,
  ): Promise<void> {
    let cost = 0
    for (const number of numbers) {
      if (cost >= turnCost) {
        await pause()
        cost = 0
      }
      cost += wordCost + postings.title.collect(number, title)
      cost += postings.director.collect(number, director)
    }
  }

  function beginning(start: string): readonly number[] {
    const candidates = groups.candidates(start)
    if (start.length <= groupLength) return candidates
    return candidates.filter((number) => words[number]?.startsWith(start))
  }

  const isName = (number: number) => postings.title.has(number) || postings.director.has(number)

  return {
    add(field, word, slot) {
      postings[field].add(numberOf(word), slot)
    },
    whole(field, word, size) {
      const number = numbers.get(word)
      const bits = noBits(size)
      if (number !== undefined) postings[field].collect(number, bits)
      return bits
    },
    async beginning(start, size, pause) {
      const found = { title: noBits(size), director: noBits(size) }
      await collectAll(beginning(start), found, pause)
      return found
    },
    has(word) {
      const number = numbers.get(word)
      return number !== undefined && isName(number)
    },
    async near(word, size, pause) {
      const bits = noBits(size)
      if (nearDistance(word) === 0) return bits
      const slips: number[] = []
      const isSlip = nearTo(word)
      await inTurns(words.length, pause, (from, to) => {
        for (let number = from; number < to; number++) {
          if (isSlip(words[number] as string, letters[number] as number)) slips.push(number)
        }
      })
      await collectAll(slips, { title: bits, director: bits }, pause)
      return bits
    },
  }
}

function grown(letters: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(2 * letters.length)
  longer.set(letters)
  return longer
}

/** Creates groups of the numbers of texts by the first characters of the text. */
export function createGroups() {
  const groups = new Map<string, number[]>()
  return {
    add(text: string, number: number): void {
      const key = text.slice(0, groupLength)
      const known = groups.get(key)
      if (known === undefined) groups.set(key, [number])
      else known.push(number)
    },
    /**
     * Returns the numbers of the texts that begin with the first characters of this one, in the order
     * in which they were added. All of them begin with a text of up to `groupLength` characters.
     */
    candidates(start: string): readonly number[] {
      if (start.length >= groupLength) return groups.get(start.slice(0, groupLength)) ?? []
      const found: number[] = []
      for (const [key, group] of groups) {
        if (key.startsWith(start)) for (const number of group) found.push(number)
      }
      return found
    },
    /** Returns the numbers of the texts that are this one, of less than `groupLength` characters. */
    whole: (text: string): readonly number[] => groups.get(text) ?? [],
  }
}
