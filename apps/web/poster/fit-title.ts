/** The font size at which a title fills its poster without cutting a word. */
export interface TitleFit {
  /** Font size, in percent of the poster's width. */
  readonly size: number
  readonly lineCount: number
}

/** The space for the title, in percent of the poster's width. */
const width = 85
const height = 70
const sizes = [27, 24, 21, 18.5, 16, 14, 12, 10.5, 9, 8] as const

/** Width of a capital at the font's narrowest setting, in em: measured, plus a margin. */
const letterWidth = 0.47
/** Additional width of M and W, as a part of that. */
const wideLetterExtra = 0.35
const lineHeight = 0.95

/** The largest size at which the longest word fits on a line, and all lines fit the space. */
export function fitTitle(title: string): TitleFit {
  const words = title.split(/\s+|(?<=-)/).filter((word) => word !== '')
  const lengths = words.map(lettersOf)
  const longest = Math.max(1, ...lengths)
  const fits = sizes.map((size) => ({
    size,
    lineCount: countLines(lengths, Math.floor(width / (size * letterWidth))),
    fitsWord: longest * size * letterWidth <= width,
  }))
  const { size, lineCount } = fits.find(
    (fit) => fit.fitsWord && fit.lineCount * fit.size * lineHeight <= height,
  ) ??
    fits.at(-1) ?? { size: 8, lineCount: 1 }
  return { size, lineCount }
}

/** Returns how many letters of the usual width are as wide as the word. */
function lettersOf(word: string): number {
  return word.length + wideLetterExtra * (word.match(/[mw]/gi)?.length ?? 0)
}

/**
 * Counts lines as a browser breaks them: a word that does not fit starts a new line.
 * @param lengths Length of each word, in letters.
 */
function countLines(lengths: readonly number[], lineLength: number): number {
  let lineCount = 1
  let used = 0
  for (const length of lengths) {
    if (used > 0 && used + 1 + length > lineLength) {
      lineCount += 1
      used = length
    } else {
      used += (used > 0 ? 1 : 0) + length
    }
  }
  return lineCount
}
