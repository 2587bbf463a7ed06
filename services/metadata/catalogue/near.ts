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
 * Returns whether a word is another one with slips: letters that are missing, added, replaced, or
 * swapped with their neighbour. A word is near itself.
 * @param letters `lettersOf` the word.
 * @param otherLetters `lettersOf` the other one.
 */
export function isNear(
  word: string,
  letters: number,
  other: string,
  otherLetters: number,
): boolean {
  const distanceMax = nearDistance(word)
  if (Math.abs(word.length - other.length) > distanceMax) return false
  // A slip changes at most two letters of the set.
  if (countOnes(letters ^ otherLetters) > 2 * distanceMax) return false
  return slipsBetween(word, other, distanceMax) <= distanceMax
}

function countOnes(bits: number): number {
  let count = 0
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++
  return count
}

/**
 * Returns the number of slips between two words: their optimal string alignment distance
 * (https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance). Stops beyond `max`.
 */
function slipsBetween(a: string, b: string, max: number): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    let least = row
    for (let column = 1; column <= b.length; column++) {
      const isSame = a.charCodeAt(row - 1) === b.charCodeAt(column - 1)
      let slips = Math.min(
        (last[column] as number) + 1,
        (current[column - 1] as number) + 1,
        (last[column - 1] as number) + (isSame ? 0 : 1),
      )
      if (isSwapped(a, b, row, column)) {
        slips = Math.min(slips, (beforeLast[column - 2] as number) + 1)
      }
      current.push(slips)
      least = Math.min(least, slips)
    }
    if (least > max) return least
    beforeLast = last
    last = current
  }
  return last[b.length] as number
}

function isSwapped(a: string, b: string, row: number, column: number): boolean {
  if (row < 2 || column < 2) return false
  return (
    a.charCodeAt(row - 1) === b.charCodeAt(column - 2) &&
    a.charCodeAt(row - 2) === b.charCodeAt(column - 1)
  )
}
