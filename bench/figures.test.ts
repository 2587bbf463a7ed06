import { expect, test } from 'bun:test'
import { toFigures, toTable } from './figures.ts'

const of = { case: 'start', unit: 'ms', metric: 'first_start_ms' }
const samples = [
  { ...of, peer: 'marquee-bun', value: 200 },
  { ...of, peer: 'other', value: 30 },
  { ...of, peer: 'marquee-bun', value: 100 },
  { ...of, peer: 'other', value: 60 },
  { ...of, peer: 'marquee-bun', value: 90 },
]

test('a figure is the median of its samples, with the smallest and the largest', () => {
  expect(toFigures(samples)).toEqual([
    { ...of, peer: 'marquee-bun', median: 100, min: 90, max: 200 },
    { ...of, peer: 'other', median: 45, min: 30, max: 60 },
  ])
})

test('the table of figures compares each peer with Marquee on Bun', () => {
  const [, , marquee, other] = toTable(toFigures(samples)).split('\n')
  expect(marquee).toMatch(/marquee-bun \| 100 .* 1\.00 × /)
  expect(other).toMatch(/other .* \| 45\.0 .* 0\.45 × /)
})
