/**
 * Returns how many slips of the keyboard a word of this length may have: none below 4 characters,
 * one below 8, otherwise two.
 */
export function nearDistance({ length }: string): number {
  return length < 4 ? 0 : length < 8 ? 1 : 2
}

/** Returns a set of the letters of a word, in 32 bits: two letters may share one. */
export function lettersOf(word: string): number {
  let letters = 0
  for (let at = 0; at < word.length; at++) letters |= 1 << (word.charCodeAt(at) & 31)
  return letters
}

/**
 * Returns a function that tells whether a word is another one with slips: letters that are missing,
 * added, replaced, or swapped with their neighbour. A word is near itself. The function takes the
 * other word and `lettersOf` it.
 */
export function nearTo(word: string): (other: string, otherLetters: number) => boolean {
  const letters = lettersOf(word)
  const max = nearDistance(word)
  // A slip changes at most two letters of the set.
  const onesMax = 2 * max
  const { length } = word
  const slipsTo = createSlips(word, max)
  return (other, otherLetters) => {
    if (countOnes(letters ^ otherLetters) > onesMax) return false
    if (Math.abs(length - other.length) > max) return false
    return slipsTo(other) <= max
  }
}

function countOnes(bits: number): number {
  let sums = bits - ((bits >>> 1) & 0x55555555)
  sums = (sums & 0x33333333) + ((sums >>> 2) & 0x33333333)
  return Math.imul((sums + (sums >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/**
 * Returns a function for the number of slips to another word: their optimal string alignment distance
 * (https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance). It stops beyond `max`, and needs words
 * whose lengths differ by at most `max`.
 */
function createSlips(a: string, max: number): (b: string) => number {
  // All calls use the same three rows of the matrix. Cells further than `max` from its diagonal are
  // beyond it.
  let beforeLast = new Uint16Array(a.length + max + 2)
  let last = new Uint16Array(beforeLast.length)
  let current = new Uint16Array(beforeLast.length)
  return (b) => {
    for (let column = 0; column <= b.length; column++) last[column] = column
    for (let row = 1; row <= a.length; row++) {
      const least = fillRow(a, b, { row, max, beforeLast, last, current })
      if (least > max) return least
      const free = beforeLast
      beforeLast = last
      last = current
      current = free
    }
    return last[b.length] as number
  }
}

interface Row {
  readonly row: number
  readonly max: number
  readonly beforeLast: Uint16Array
  readonly last: Uint16Array
  readonly current: Uint16Array
}

/** Fills the cells of a row near the diagonal. Returns the least. */
function fillRow(a: string, b: string, { row, max, beforeLast, last, current }: Row): number {
  const from = Math.max(1, row - max)
  const to = Math.min(b.length, row + max)
  const own = a.charCodeAt(row - 1)
  current[from - 1] = from === 1 ? row : max + 1
  let least = current[from - 1] as number
  for (let column = from; column <= to; column++) {
    const isSame = own === b.charCodeAt(column - 1)
    let slips = (last[column - 1] as number) + (isSame ? 0 : 1)
    slips = Math.min(slips, (current[column - 1] as number) + 1)
    if (column < row + max) slips = Math.min(slips, (last[column] as number) + 1)
    if (isSwapped(a, b, row, column)) {
      slips = Math.min(slips, (beforeLast[column - 2] as number) + 1)
    }
    current[column] = slips
    least = Math.min(least, slips)
  }
  return least
}

function isSwapped(a: string, b: string, row: number, column: number): boolean {
  if (row < 2 || column < 2) return false
  return (
    a.charCodeAt(row - 1) === b.charCodeAt(column - 2) &&
    a.charCodeAt(row - 2) === b.charCodeAt(column - 1)
  )
}
