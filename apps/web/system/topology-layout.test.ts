import { expect, test } from 'bun:test'
import { type Box, layOut, topologyHeight } from './topology-layout.ts'

function overlap(a: Box, b: Box): boolean {
  const apartAcross = a.x + a.width <= b.x || b.x + b.width <= a.x
  const apartDown = a.y + a.height <= b.y || b.y + b.height <= a.y
  return !apartAcross && !apartDown
}

test.each([720, 960, 1344, 1840])('no node overlaps another or the edge at %d pixels', (width) => {
  const boxes = Object.values(layOut(width).nodes)
  for (const box of boxes) {
    expect(box.x).toBeGreaterThanOrEqual(0)
    expect(box.x + box.width).toBeLessThanOrEqual(width)
    expect(box.y + box.height).toBeLessThanOrEqual(topologyHeight)
    expect(boxes.filter((other) => other !== box && overlap(box, other))).toEqual([])
  }
})

test.each([720, 1344])('the figures of an edge are between its nodes at %d pixels', (width) => {
  const { nodes, edges } = layOut(width)
  for (const { name, x } of edges) {
    const [from, to] = name.split('-').map((node) => nodes[node as keyof typeof nodes])
    const [left, right] = [from, to].toSorted((a, b) => (a?.x ?? 0) - (b?.x ?? 0))
    expect(x).toBeGreaterThan((left?.x ?? 0) + (left?.width ?? 0))
    expect(x).toBeLessThan(right?.x ?? 0)
  }
})
