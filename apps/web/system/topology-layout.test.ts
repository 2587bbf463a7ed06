import { expect, test } from 'bun:test'
import { type Box, layOut } from './topology-layout.ts'

const places = ['movie', 'metadata', 'rating', 'events', 'deadLetters'] as const

function overlap(a: Box, b: Box): boolean {
  const apartAcross = a.x + a.width <= b.x || b.x + b.width <= a.x
  const apartDown = a.y + a.height <= b.y || b.y + b.height <= a.y
  return !apartAcross && !apartDown
}

for (const width of [288, 358, 719, 720, 1344]) {
  for (const count of [0, 1, 7]) {
    test(`no box overlaps another or the edge at ${width} pixels with ${count} instances each`, () => {
      const layout = layOut(width, { movie: count, metadata: count, rating: count })
      for (const place of places) {
        const { x, y, width: boxWidth, height } = layout[place]
        expect(x).toBeGreaterThanOrEqual(0)
        expect(y).toBeGreaterThanOrEqual(0)
        expect(x + boxWidth).toBeLessThanOrEqual(width)
        expect(y + height).toBeLessThanOrEqual(layout.height)
        const others = places.filter((other) => other !== place)
        expect(others.filter((other) => overlap(layout[place], layout[other]))).toEqual([])
      }
    })
  }
}

test('a service without instances has the height of one', () => {
  const none = layOut(1000, { movie: 0, metadata: 0, rating: 0 })
  const one = layOut(1000, { movie: 1, metadata: 1, rating: 1 })
  expect(none).toEqual(one)
})
