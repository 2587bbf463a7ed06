/**
 * Compares two strings by code point, which is the order of their UTF-8 bytes and of a database's
 * binary collation. Returns a negative number, zero or a positive number, for `Array.sort`.
 * JavaScript's own `<` compares UTF-16 code units. It puts U+10000 and above, which are written as
 * surrogates, before U+E000 to U+FFFF.
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index)
    const right = b.charCodeAt(index)
    if (left !== right) return compareUnits(left, right)
  }
  return a.length - b.length
}

/** Compares two different UTF-16 code units of two texts that are the same before. */
export function compareUnits(a: number, b: number): number {
  return rank(a) - rank(b)
}

/** Moves surrogates behind all other code units. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}
