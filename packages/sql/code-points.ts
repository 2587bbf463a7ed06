/**
 * Compares two texts by code point, which is also the order of their UTF-8 bytes and so of a database's binary
 * collation. Negative, zero or positive, as `Array.sort` wants it. JavaScript's own `<` compares UTF-16 code units
 * and puts U+10000 and above, written as surrogates, before U+E000 to U+FFFF.
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index)
    const right = b.charCodeAt(index)
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

/** Moves surrogates behind all other code units. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}
