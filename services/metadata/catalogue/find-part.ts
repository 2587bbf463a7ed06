/** Returns the first place of a part in a text, from a place on, or -1, as `indexOf` does. */
export type FindPart = (text: string, from: number) => number

/** Number of characters in which pairs are counted: some hundred titles. */
const sampleLength = 8_192
/** Maximum number of pairs of a part that are counted. */
const pairCountMax = 16

/**
 * Returns a function that finds a part of two characters or more in long texts. JavaScriptCore looks
 * for two characters at once, but for more it may stop at each place of the first one: 40 ns a title
 * instead of 3. So a part is looked for by its rarest pair of characters, as the first text has them.
 */
export function createFindPart(part: string): FindPart {
  let found: { readonly pair: string; readonly offset: number } | undefined
  return (text, from) => {
    found ??= rarestPair(part, text.slice(0, sampleLength))
    const { pair, offset } = found
    let at = text.indexOf(pair, from + offset)
    while (at >= 0 && !text.startsWith(part, at - offset)) at = text.indexOf(pair, at + 1)
    return at < 0 ? at : at - offset
  }
}

function rarestPair(part: string, sample: string) {
  const offsets = Array.from({ length: Math.min(part.length - 1, pairCountMax) }, (_, at) => at)
  const pairs = offsets.map((offset) => {
    const pair = part.slice(offset, offset + 2)
    return { pair, offset, count: countOf(pair, sample) }
  })
  return pairs.reduce((rarest, one) => (one.count < rarest.count ? one : rarest))
}

function countOf(pair: string, sample: string): number {
  let count = 0
  for (let at = sample.indexOf(pair); at >= 0; at = sample.indexOf(pair, at + 1)) count++
  return count
}
