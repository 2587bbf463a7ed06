import { expect, test } from 'bun:test'
import { createPace } from './pace.ts'

test('what follows each other quickly waits after the burst, by the interval each', () => {
  const pace = createPace({ burst: 3, intervalMs: 100, clock: () => 0 })
  expect([pace(), pace(), pace(), pace(), pace()]).toEqual([0, 0, 0, 100, 200])
})

test('what comes no faster than the interval never waits', () => {
  let nowMs = 0
  const pace = createPace({ burst: 1, intervalMs: 100, clock: () => nowMs })
  for (; nowMs < 1_000; nowMs += 100) expect(pace()).toBe(0)
})

test('a rest earns the whole burst again, and no more', () => {
  let nowMs = 0
  const pace = createPace({ burst: 2, intervalMs: 100, clock: () => nowMs })
  expect([pace(), pace(), pace()]).toEqual([0, 0, 100])
  nowMs = 100_000
  expect([pace(), pace(), pace()]).toEqual([0, 0, 100])
})
