interface SparkOptions {
  readonly width: number
  readonly height: number
  /** Maximum number of values. */
  readonly countMax: number
  /** Values at the bottom and at the top. Default: 0 and the highest value. */
  readonly range?: readonly [low: number, high: number]
}

/** SVG path of a small line, newest value at the right. Null interrupts the line. */
export function sparkPath(
  values: readonly (number | null)[],
  { width, height, countMax, range }: SparkOptions,
): string {
  const highest = Math.max(...values.map((value) => value ?? 0), Number.EPSILON)
  const [low, high] = range ?? [0, highest]
  const step = width / Math.max(1, countMax - 1)
  const shown = values.slice(-countMax)
  const offset = width - step * (shown.length - 1)
  let path = ''
  let isDrawing = false
  for (const [index, value] of shown.entries()) {
    if (value === null) {
      isDrawing = false
      continue
    }
    const x = round(offset + index * step)
    const y = round(height - ((value - low) / (high - low)) * height)
    path += `${isDrawing ? 'L' : 'M'}${x} ${y}`
    isDrawing = true
  }
  return path
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
