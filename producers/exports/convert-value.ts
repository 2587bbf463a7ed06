import type { Scale } from '../../services/rating/scale.ts'

/** Units of a whole: a scale has at most four decimal places. */
const unitsPerWhole = 10_000

/**
 * Converts a value to another scale by its share of the maximum: 7 of 10 is 3.5 of 5, and 3 of 5
 * whole stars is 3 of 5 half stars. The minimum has no part in it, because programs start at
 * different ones: 1 of 10 and 0.5 of 5 are the same rating, and so are 1 of 5 whole stars and 2 of
 * 10.
 *
 * Returns `undefined` when the value is not on the first scale, or its share is not exactly a value
 * of the second: nothing is rounded. A scale whose maximum is not positive has no shares. Converting
 * a result back returns the value.
 */
export function convertValue(value: number, from: Scale, to: Scale): number | undefined {
  if (from.stepOf(value) === undefined || from.max <= 0 || to.max <= 0) return undefined
  const product = units(value) * units(to.max)
  const max = units(from.max)
  if (product % max !== 0n) return undefined
  const converted = Number(product / max) / unitsPerWhole
  return to.stepOf(converted) === undefined ? undefined : converted
}

/**
 * Returns a number of a scale in units of 0.0001. Exact: the number is the double nearest to a
 * decimal of at most ten digits, and the product is nearer to that whole number than to any other.
 */
function units(value: number): bigint {
  return BigInt(Math.round(value * unitsPerWhole))
}
