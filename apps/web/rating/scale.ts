/** Values that a rating may have: `min`, `min + step`, and so on, up to `max`. */
export interface Scale {
  readonly min: number
  readonly max: number
  readonly step: number
}

/** Half stars, the scale of movies unless the rating service has another. */
export const defaultScale: Scale = { min: 0.5, max: 5, step: 0.5 }

/** Maximum number of values; the rating service has the same. */
const sizeMax = 128

/** Maximum number of stars that fit into a card of the list. */
const starCountMax = 5

/** Reads the scale of a message. Returns the default when there is none. */
export function readScale(scale: Scale | undefined): Scale {
  if (!scale || !(sizeOf(scale) >= 2 && sizeOf(scale) <= sizeMax)) return defaultScale
  const { min, max, step } = scale
  return { min, max, step }
}

/** The values in order. Each is the double nearest to its decimal, as the service compares them. */
export function valuesOf(scale: Scale): number[] {
  const { min, step } = scale
  return Array.from({ length: sizeOf(scale) }, (_, index) =>
    Number((min + index * step).toFixed(4)),
  )
}

function sizeOf({ min, max, step }: Scale): number {
  return Math.round((max - min) / step) + 1
}

export function sameScale(one: Scale, other: Scale): boolean {
  return one.min === other.min && one.max === other.max && one.step === other.step
}

/** A star, with one or two values of the scale. */
export interface Star {
  readonly whole: number
  readonly choices: readonly StarChoice[]
}

export interface StarChoice {
  readonly value: number
  /** Side of the star where it is chosen. Undefined: on both, because it is the only one. */
  readonly side: 'left' | 'right' | undefined
}

/** The stars of a scale of at most five whole or half stars; undefined for any other scale. */
export function starsOf(scale: Scale): Star[] | undefined {
  const { min, max, step } = scale
  const isStars = min > 0 && max <= starCountMax && Number.isInteger(max)
  if (!isStars || (step !== 0.5 && step !== 1)) return undefined
  const values = valuesOf(scale)
  return values.filter(Number.isInteger).map((whole) => ({
    whole,
    choices: values.includes(whole - 0.5)
      ? [
          { value: whole - 0.5, side: 'left' },
          { value: whole, side: 'right' },
        ]
      : [{ value: whole, side: undefined }],
  }))
}

/** A number of ratings, and the values that they have: one, or the neighbours from low to high. */
export interface SpreadPart {
  readonly low: number
  readonly high: number
  readonly count: number
}

/** The histogram in at most `partCountMax` parts of as many values each. */
export function spread(
  scale: Scale,
  histogram: readonly number[],
  partCountMax: number,
): SpreadPart[] {
  const values = valuesOf(scale)
  const size = Math.ceil(values.length / partCountMax)
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) => {
    const [start, end] = [index * size, Math.min((index + 1) * size, values.length)]
    const counts = histogram.slice(start, end)
    return {
      low: values[start] ?? 0,
      high: values[end - 1] ?? 0,
      count: counts.reduce((sum, count) => sum + count, 0),
    }
  })
}
