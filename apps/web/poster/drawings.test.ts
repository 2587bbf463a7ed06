import { expect, test } from 'bun:test'
import { type Motif, motifs, shapesOf, type Variation } from './drawings.ts'
import { drawingHeight, drawingWidth, type Shape, topOf } from './shape.ts'

const steps = [0, 0.2, 0.4, 0.6, 0.8, 0.99]
const seeds = steps.flatMap((a) => steps.flatMap((b) => steps.map((c) => [a, b, c] as const)))
const heights = [30, 46, 62, 78, 96]
const variations: readonly Variation[] = heights.flatMap((height) =>
  seeds.map((one) => ({ height, seeds: one })),
)

describeMotifs('a %s is drawn within its height, in sight', (motif) => {
  for (const variation of variations) {
    const tops = shapesOf(motif, variation).map(topOf)
    const highest = Math.min(...tops)
    expect(highest).toBeGreaterThanOrEqual(drawingHeight - variation.height - 0.01)
    expect(highest).toBeLessThanOrEqual(drawingHeight - 0.25 * variation.height)
    expect(extentOf(shapesOf(motif, variation))).toBeGreaterThan(drawingWidth / 8)
  }
})

describeMotifs('the seeds of a movie change its %s', (motif) => {
  const drawn = seeds.map((one) => JSON.stringify(shapesOf(motif, { height: 80, seeds: one })))
  expect(new Set(drawn).size).toBeGreaterThanOrEqual(12)
})

describeMotifs('the same seeds draw the same %s', (motif) => {
  const variation = { height: 80, seeds: [0.3, 0.5, 0.7] } as const
  expect(shapesOf(motif, variation)).toEqual(shapesOf(motif, { ...variation }))
})

test('motifs differ from each other', () => {
  const variation = { height: 80, seeds: [0.3, 0.5, 0.7] } as const
  const drawn = motifs.map((motif) => JSON.stringify(shapesOf(motif, variation)))
  expect(new Set(drawn).size).toBe(motifs.length)
})

test('stairs differ in the number of their steps, and go up, up and down, or down and up', () => {
  const stepCounts = new Set<number>()
  const profiles = new Set<string>()
  for (const one of seeds) {
    const tops = shapesOf('stairs', { height: 80, seeds: one }).map(topOf)
    stepCounts.add(tops.length)
    const turns = tops.slice(1).map((top, index) => Math.sign(top - (tops[index] ?? top)))
    profiles.add([...new Set(turns.filter((turn) => turn !== 0))].join(' '))
  }
  expect([...stepCounts].sort()).toEqual([3, 4, 5, 6, 7])
  expect([...profiles].sort()).toEqual(['-1', '-1 1', '1 -1'])
})

function describeMotifs(name: string, body: (motif: Motif) => void): void {
  test.each([...motifs])(name, body)
}

/** Width of the part of a drawing that is in its space. */
function extentOf(shapes: readonly Shape[]): number {
  const sides = shapes.flatMap(sidesOf).map((x) => Math.min(drawingWidth, Math.max(0, x)))
  return Math.max(...sides) - Math.min(...sides)
}

function sidesOf(shape: Shape): number[] {
  switch (shape.kind) {
    case 'polygon':
      return shape.points.map(([x]) => x)
    case 'arch':
      return [shape.x, shape.x + shape.width]
    default:
      return [shape.x - shape.radius, shape.x + shape.radius]
  }
}
