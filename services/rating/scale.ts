/** Values that a rating may have: from a minimum to a maximum, in steps of one size. */
export interface Scale {
  readonly min: number
  readonly max: number
  readonly step: number
  /** Values in order, at least two. A rating is stored as an index of this list, its step. */
  readonly values: readonly number[]
  /** Returns the step of a value, or `undefined` when the value is not on the scale. */
  stepOf(value: unknown): number | undefined
  /** Returns the sum of the values, given the number of ratings of each step. Rounded once. */
  sum(histogram: readonly number[]): number
}

/** Maximum number of values of a scale, which is the length of every histogram. */
export const scaleSizeMax = 128

const decimal = /^(-?\d{1,6})(?:\.(\d{1,4}))?$/

/** Scale of record types for which none is configured: half stars. */
export const defaultScale = createScale('0.5:5:0.5')

/**
 * Creates a scale of its text: minimum, maximum and step, such as `0.5:5:0.5`. Each is a decimal
 * number with at most six digits before the point and four after it. All arithmetic is in whole
 * numbers of the smallest decimal place, so that each value is the double nearest to its decimal.
 * Throws a RangeError that says what is wrong.
 */
export function createScale(text: string): Scale {
  const parts = text.split(':')
  const decimals = Math.max(...parts.map((part) => decimal.exec(part)?.[2]?.length ?? 0))
  const unit = 10 ** decimals
  const [min, max, step] = parts.map((part) => unitsOf(part, decimals))
  if (parts.length !== 3 || min === undefined || max === undefined || step === undefined) {
    throw new RangeError('a scale is minimum:maximum:step, such as 0.5:5:0.5')
  }
  if (step <= 0) throw new RangeError('the step of a scale must be more than 0')
  if (max <= min) throw new RangeError('the maximum of a scale must be more than its minimum')
  if ((max - min) % step !== 0) {
    throw new RangeError('the maximum of a scale must be a whole number of steps from its minimum')
  }
  const size = (max - min) / step + 1
  if (size > scaleSizeMax) {
    throw new RangeError(`a scale must have at most ${scaleSizeMax} values; this has ${size}`)
  }
  const values = Array.from({ length: size }, (_, index) => (min + index * step) / unit)
  const steps = new Map<unknown, number>(values.map((value, index) => [value, index]))
  return {
    min: min / unit,
    max: max / unit,
    step: step / unit,
    values,
    stepOf: (value) => steps.get(value),
    sum(histogram) {
      // Two sums, and one multiplication for each.
      let [count, steps] = [0, 0]
      for (let index = 0; index < histogram.length; index++) {
        const each = histogram[index] as number
        count += each
        steps += each * index
      }
      return (count * min + steps * step) / unit
    },
  }
}

/** Returns the number of ratings of a histogram. */
export function countOf(histogram: readonly number[]): number {
  return histogram.reduce((total, each) => total + each, 0)
}

/** Returns the text of a scale, which `createScale` reads. Equal scales have equal texts. */
export function scaleText({ min, max, step }: Pick<Scale, 'min' | 'max' | 'step'>): string {
  return `${min}:${max}:${step}`
}

/** Returns the scale in words, for messages: `0.5 to 5 in steps of 0.5`. */
export function describeScale({ min, max, step }: Scale): string {
  return `${min} to ${max} in steps of ${step}`
}

/** Returns a decimal number in units of its last decimal place, or `undefined`. */
function unitsOf(text: string, decimals: number): number | undefined {
  const [, whole, fraction = ''] = decimal.exec(text) ?? []
  return whole === undefined ? undefined : Number(`${whole}${fraction.padEnd(decimals, '0')}`)
}
