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
const lineHeight = 0.95

/** Widths of characters in the font of the titles, in em: measured, and rounded up. */
const characterWidths: readonly (readonly [characters: string, width: number])[] = [
  [".,:'", 0.22],
  ['I!-/', 0.27],
  ['F$()', 0.4],
  ['0123456789?JL', 0.44],
  ['EPSTVYZ', 0.48],
  ['ABCDHKNRUX', 0.515],
  ['GOQ&', 0.55],
  ['MW', 0.72],
]
/** Width of other characters, of which none that titles have is wider. */
const otherWidth = 0.72
/** Width of a space, with the additional space between words. */
const spaceWidth = 0.23

const widthOf: ReadonlyMap<string, number> = new Map(
  characterWidths.flatMap(([characters, em]) => [...characters].map((one) => [one, em] as const)),
)

/** The largest size at which the longest word fits on a line, and all lines fit the space. */
export function fitTitle(title: string): TitleFit {
  const words = title.split(/\s+|(?<=-)/).filter((word) => word !== '')
  const widths = words.map(wordWidth)
  const longest = Math.max(0, ...widths)
  const fits = sizes.map((size) => ({
    size,
    lineCount: countLines(widths, width / size),
    fitsWord: longest * size <= width,
  }))
  const { size, lineCount } = fits.find(
    (fit) => fit.fitsWord && fit.lineCount * fit.size * lineHeight <= height,
  ) ??
    fits.at(-1) ?? { size: 8, lineCount: 1 }
  return { size, lineCount }
}

/** The height of a fitted title, in percent of the poster's width. */
export function titleHeight({ size, lineCount }: TitleFit): number {
  return size * lineCount * lineHeight
}

/** Width of a word in capitals, in em. */
export function wordWidth(word: string): number {
  // A letter with an accent is as wide as without.
  const letters = word.toUpperCase().normalize('NFD').replace(/\p{M}/gu, '')
  return [...letters].reduce((sum, letter) => sum + (widthOf.get(letter) ?? otherWidth), 0)
}

/**
 * Counts lines as a browser breaks them: a word that does not fit starts a new line.
 * @param widths Width of each word, and of a line, in em.
 */
function countLines(widths: readonly number[], lineWidth: number): number {
  let lineCount = 1
  let used = 0
  for (const own of widths) {
    const next = used > 0 ? used + spaceWidth + own : own
    if (used > 0 && next > lineWidth) {
      lineCount += 1
      used = own
    } else used = next
  }
  return lineCount
}
