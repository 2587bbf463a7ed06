/** How large a title is set, so that it fills its poster and no word is cut. */
export interface TitleFit {
  /** In hundredths of the poster's width. */
  readonly size: number
  readonly lineCount: number
}

/** The place for the title, in hundredths of the poster's width. */
const width = 85
const height = 70
const sizes = [27, 24, 21, 18.5, 16, 14, 12, 10.5, 9, 8] as const

/** How wide a letter is set, in em: capitals at the font's narrowest. Measured, with some room. */
const letterWidth = 0.47
const lineHeight = 0.95

/** The largest size at which the longest word fits a line, and all lines fit the place. */
export function fitTitle(title: string): TitleFit {
  const words = title.split(/\s+|(?<=-)/).filter((word) => word !== '')
  const longest = Math.max(1, ...words.map((word) => word.length))
  const fits = sizes.map((size) => ({
    size,
    lineCount: countLines(words, Math.floor(width / (size * letterWidth))),
    fitsWord: longest * size * letterWidth <= width,
  }))
  const { size, lineCount } = fits.find(
    (fit) => fit.fitsWord && fit.lineCount * fit.size * lineHeight <= height,
  ) ??
    fits.at(-1) ?? { size: 8, lineCount: 1 }
  return { size, lineCount }
}

/** As a browser breaks lines: a word goes on the next line when it does not fit this one. */
function countLines(words: readonly string[], lineLength: number): number {
  let lineCount = 1
  let used = 0
  for (const { length } of words) {
    if (used > 0 && used + 1 + length > lineLength) {
      lineCount += 1
      used = length
    } else {
      used += (used > 0 ? 1 : 0) + length
    }
  }
  return lineCount
}
