import { type Bits, noBits, setBit } from './bits.ts'
import { isNear, lettersOf, nearDistance } from './near.ts'
import { inTurns, type Pause } from './pause.ts'

/** Parts of a movie that have words. Labels are its genres and year. */
export const fields = ['title', 'director', 'label'] as const
export type Field = (typeof fields)[number]

/** Number of characters by which words, and whole titles, are grouped. */
const groupLength = 3

/** Words with the slots that have them. Finds words by their beginning, and misspelt ones. */
export interface Vocabulary {
  /** Adds a word of a slot. Slots are added in order. */
  add(field: Field, word: string, slot: number): void
  /** Returns the slots that have this word. */
  whole(field: Field, word: string, size: number): Bits
  /** Returns the slots that have a word which begins with this one. */
  beginning(field: Field, start: string, size: number): Bits
  /** Returns whether a movie has, or once had, this word in its title or director. */
  has(word: string): boolean
  /** Returns known words of title or director that differ by a slip of the keyboard. */
  near(word: string, pause: Pause): Promise<string[]>
}

export function createVocabulary(): Vocabulary {
  const numbers = new Map<string, number>()
  const words: string[] = []
  const letters: number[] = []
  const groups = createGroups()
  const slots: Record<Field, (number[] | undefined)[]> = { title: [], director: [], label: [] }

  function numberOf(word: string): number {
    const known = numbers.get(word)
    if (known !== undefined) return known
    const number = words.push(word) - 1
    numbers.set(word, number)
    letters.push(lettersOf(word))
    groups.add(word, number)
    return number
  }

  function collect(field: Field, found: Iterable<number>, size: number): Bits {
    const bits = noBits(size)
    for (const number of found) {
      for (const slot of slots[field][number] ?? []) setBit(bits, slot)
    }
    return bits
  }

  const isName = (number: number) =>
    slots.title[number] !== undefined || slots.director[number] !== undefined

  return {
    add(field, word, slot) {
      const number = numberOf(word)
      const known = slots[field][number]
      if (known === undefined) slots[field][number] = [slot]
      else if (known.at(-1) !== slot) known.push(slot)
    },
    whole(field, word, size) {
      const number = numbers.get(word)
      return collect(field, number === undefined ? [] : [number], size)
    },
    beginning: (field, start, size) =>
      collect(
        field,
        groups.candidates(start).filter((number) => words[number]?.startsWith(start)),
        size,
      ),
    has(word) {
      const number = numbers.get(word)
      return number !== undefined && isName(number)
    },
    async near(word, pause) {
      const found: string[] = []
      if (nearDistance(word) === 0) return found
      const own = lettersOf(word)
      await inTurns(words.length, pause, (from, to) => {
        for (let number = from; number < to; number++) {
          const other = words[number] as string
          const isSlip = isNear(word, own, other, letters[number] as number)
          if (isSlip && isName(number)) found.push(other)
        }
      })
      return found
    },
  }
}

/** Numbers of texts by the first characters of the text. */
export function createGroups() {
  const groups = new Map<string, number[]>()
  return {
    add(text: string, number: number): void {
      const key = text.slice(0, groupLength)
      const known = groups.get(key)
      if (known === undefined) groups.set(key, [number])
      else known.push(number)
    },
    /** Returns the numbers of all texts that begin so, in the order in which they were added, and of some that do not. */
    candidates(start: string): number[] {
      if (start.length >= groupLength) return groups.get(start.slice(0, groupLength)) ?? []
      const found: number[] = []
      for (const [key, group] of groups) {
        if (key.startsWith(start)) for (const number of group) found.push(number)
      }
      return found
    },
  }
}
