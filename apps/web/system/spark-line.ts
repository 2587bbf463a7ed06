/**
 * SVG path of a small line, newest value at the right. Null interrupts the line; the scale starts
 * at 0.
 */
export function sparkPath(
  values: readonly (number | null)[],
  { width, height, countMax }: { width: number; height: number; countMax: number },
): string {
  const top = Math.max(...values.map((value) => value ?? 0), Number.EPSILON)
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
    const y = round(height - (value / top) * height)
    path += `${isDrawing ? 'L' : 'M'}${x} ${y}`
    isDrawing = true
  }
  return path
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
