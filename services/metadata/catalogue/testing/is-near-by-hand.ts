import { nearDistance } from '../near.ts'

/** Returns whether a word is another one with slips, by the whole matrix of their distance: for tests. */
export function isNearByHand(word: string, other: string): boolean {
  return slipsBetween(word, other, nearDistance(word)) <= nearDistance(word)
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
